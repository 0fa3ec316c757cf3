#include "tracking/pagemap.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "memory/error.h"

namespace mkwrite {
namespace {

std::mutex open_mutex;
int descriptor = -1;

void forget_in_child() {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

}  // namespace

int pagemap_fd() {
  const std::lock_guard lock(open_mutex);
  if (descriptor < 0) {
    static const int atfork = pthread_atfork(nullptr, nullptr, forget_in_child);
    if (atfork != 0) throw_system_error("pthread_atfork", atfork, "Free memory and try again.");
    descriptor = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      throw_system_error("open(\"/proc/self/pagemap\")", errno,
                         "Mount /proc, and let the process be dumpable (man 2 prctl, "
                         "PR_SET_DUMPABLE).");
    }
  }
  return descriptor;
}

void read_pagemap(const void* address, std::span<PagemapEntry> entries) {
  const int fd = pagemap_fd();
  auto offset = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(address) / kPageSize *
                                   sizeof(PagemapEntry));
  std::span<std::byte> rest = std::as_writable_bytes(entries);
  while (!rest.empty()) {
    const ssize_t got = pread(fd, rest.data(), rest.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw_system_error("pread(\"/proc/self/pagemap\")", got < 0 ? errno : EIO,
                         "The page tables could not be read.");
    }
    rest = rest.subspan(static_cast<std::size_t>(got));
    offset += got;
  }
}

}  // namespace mkwrite
