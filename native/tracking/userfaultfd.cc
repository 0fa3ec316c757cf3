#include "tracking/userfaultfd.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <system_error>

#include "faults/mutant.h"
#include "memory/error.h"
#include "memory/scoped_fd.h"
#include "tracking/pagemap.h"
#include "tracking/uapi.h"

namespace mkwrite {
namespace {

constexpr std::uint64_t kFeatures =
    uapi::kFeatureWpAsync | uapi::kFeatureWpUnpopulated | uapi::kFeatureWpHugetlbfsShmem;

std::mutex instance_mutex;
Userfaultfd* current = nullptr;
int current_fd = -1;

void forget_in_child() {
  if (current_fd >= 0) close(current_fd);
  current_fd = -1;
  current = nullptr;  // leaked on purpose: a child may not free what a lost thread was using
}

ScopedFd open_userfaultfd() {
  constexpr int kFlags = O_CLOEXEC | O_NONBLOCK;
  // User-mode faults only: needs no privilege, and with WP_ASYNC the kernel's own writes are noted
  // all the same.
  ScopedFd fd(static_cast<int>(syscall(SYS_userfaultfd, kFlags | uapi::kUserModeOnly)));
  if (fd) return fd;
  const int error = errno;
  // Containers that forbid the system call can hand out the device node instead.
  const ScopedFd device(open("/dev/userfaultfd", O_RDWR | O_CLOEXEC));
  if (device) {
    constexpr unsigned long kNewDescriptor = _IO(0xAA, 0x00);  // USERFAULTFD_IOC_NEW
    fd = ScopedFd(ioctl(device.get(), kNewDescriptor, kFlags));
    if (fd) return fd;
  }
  const char* remedy =
      error == ENOSYS ? "The kernel was built without CONFIG_USERFAULTFD; use another kernel."
                      : "Allow the userfaultfd system call in the container's seccomp profile, or "
                        "give access to /dev/userfaultfd.";
  throw Error(
      ErrorCode::kMechanismUnavailable,
      "The userfaultfd system call was refused: " + std::generic_category().message(error) + ".",
      remedy, error);
}

}  // namespace

Userfaultfd& Userfaultfd::instance() {
  const std::lock_guard lock(instance_mutex);
  if (current == nullptr) {
    static const int atfork = pthread_atfork(nullptr, nullptr, forget_in_child);
    if (atfork != 0) throw_system_error("pthread_atfork", atfork, "Free memory and try again.");
    pagemap_fd();  // scans need it; better refused now than at the first collect
    current = new Userfaultfd;
    current_fd = current->fd_;
  }
  return *current;
}

Userfaultfd::Userfaultfd() {
  ScopedFd fd = open_userfaultfd();
  uffdio_api api{};
  api.api = UFFD_API;
  api.features = kFeatures;
  if (ioctl(fd.get(), UFFDIO_API, &api) != 0) {
    throw Error(ErrorCode::kMechanismUnavailable,
                "This kernel's userfaultfd has no asynchronous write protection for shared memory "
                "(UFFD_FEATURE_WP_ASYNC).",
                "Use Linux 6.7 or newer (arm64: 6.10).", errno);
  }
  // Lives as long as the process: registrations end with their mappings.
  fd_ = fd.release();
}

void Userfaultfd::register_range(void* address, std::size_t size) {
  register_open(address, size);
  try {
    protect_registered(address, size);
  } catch (const Error&) {
    unregister_range(address, size);
    throw;
  }
}

void Userfaultfd::register_open(void* address, std::size_t size) {
  uffdio_register request{};
  request.range = {reinterpret_cast<std::uintptr_t>(address), size};
  request.mode = UFFDIO_REGISTER_MODE_WP;
  if (ioctl(fd_, UFFDIO_REGISTER, &request) != 0) {
    throw_system_error("ioctl(UFFDIO_REGISTER)", errno,
                       "The kernel cannot write-protect this memory; choose another mechanism.");
  }
}

void Userfaultfd::protect_registered(void* address, std::size_t size) {
  uffdio_writeprotect protect{};
  protect.range = {reinterpret_cast<std::uintptr_t>(address), size};
  protect.mode = UFFDIO_WRITEPROTECT_MODE_WP;
  while (ioctl(fd_, UFFDIO_WRITEPROTECT, &protect) != 0) {
    if (errno == EAGAIN) continue;  // the address space changed meanwhile
    throw_system_error("ioctl(UFFDIO_WRITEPROTECT)", errno,
                       "The kernel cannot write-protect this memory; choose another mechanism.");
  }
}

bool Userfaultfd::unregister_range(void* address, std::size_t size) noexcept {
  uffdio_range range{reinterpret_cast<std::uintptr_t>(address), size};
  return ioctl(fd_, UFFDIO_UNREGISTER, &range) == 0;
}

Userfaultfd::Scan::Scan(std::byte* base, PageRange range, bool protects) noexcept
    : base_(reinterpret_cast<std::uintptr_t>(base)), done_(range.empty()) {
  // Without CHECK_WPASYNC a mapping that is not registered would be skipped and look clean.
  arguments_.flags = uapi::kScanCheckWpAsync;
  if (protects && kMutant != Mutant::kScanThenProtect) arguments_.flags |= uapi::kScanWpMatching;
  arguments_.start = base_ + range.first * kPageSize;
  arguments_.end = base_ + range.end() * kPageSize;
  arguments_.vec_len = regions_.size();
  arguments_.category_mask = uapi::kPageIsWritten;
  arguments_.return_mask = uapi::kPageIsWritten;
}

std::span<const uapi::PageRegion> Userfaultfd::Scan::next() {
  if (done_) return {};
  arguments_.vec = reinterpret_cast<std::uintptr_t>(regions_.data());
  const int fd = pagemap_fd();
  int found;
  do {
    found = ioctl(fd, uapi::kPagemapScan, &arguments_);
  } while (found < 0 && errno == EINTR);
  if (found < 0) {
    throw_system_error("ioctl(PAGEMAP_SCAN)", errno,
                       "The view is no longer registered with userfaultfd: was it remapped?");
  }
  if constexpr (kMutant == Mutant::kScanThenProtect) {
    uffdio_writeprotect protect{{arguments_.start, arguments_.end - arguments_.start},
                                UFFDIO_WRITEPROTECT_MODE_WP};
    ioctl(instance().fd_, UFFDIO_WRITEPROTECT, &protect);
  }
  const auto count = static_cast<std::size_t>(found);
  for (uapi::PageRegion& region : std::span(regions_).first(count)) {
    region.start = (region.start - base_) >> kPageShift;
    region.end = (region.end - base_) >> kPageShift;
  }
  done_ = count < regions_.size() || arguments_.walk_end >= arguments_.end;
  arguments_.start = arguments_.walk_end;
  return std::span(regions_).first(count);
}

}  // namespace mkwrite
