#include "memory/mapping.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "memory/error.h"
#include "memory/page.h"

namespace mkwrite {

namespace {

void* map(void* address, std::size_t size, int protection, int flags, int fd) {
  void* const mapped = mmap(address, size, protection, flags | MAP_NORESERVE, fd, 0);
  if (mapped != MAP_FAILED) return mapped;
  throw_system_error("mmap", errno,
                     "Free buffer objects or views, or raise vm.max_map_count and the "
                     "address-space limit (ulimit -v).");
}

/// Address space of `size` bytes that begins where a page table does.
std::byte* reserve_aligned(std::size_t size) {
  const std::size_t alignment = pages_per_table() * kPageSize;
  const std::size_t reserved = size + alignment - kPageSize;
  auto* const begin =
      static_cast<std::byte*>(map(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1));
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(begin) % alignment;
  // Should one of these fail, it stays reserved, which is address space only.
  if (before != 0) munmap(begin, before);
  if (reserved != before + size) munmap(begin + before + size, reserved - before - size);
  return begin + before;
}

}  // namespace

Mapping::Mapping(int fd, std::size_t size) : Mapping(fd, size, PROT_READ | PROT_WRITE) {}

Mapping::Mapping(int fd, std::size_t size, int protection) : size_(size) {
  std::byte* reserved = nullptr;
  if (size >= pages_per_table() * kPageSize) reserved = reserve_aligned(size);
  const int fixed = reserved != nullptr ? MAP_FIXED : 0;
  // Should this fail, what was reserved stays so: nobody could say whether it still is.
  void* const address = map(reserved, size, protection, MAP_SHARED | fixed, fd);
  data_ = static_cast<std::byte*>(address);
  if (madvise(address, size, MADV_DONTFORK) != 0) {
    const int error = errno;
    munmap(address, size);
    throw_system_error("madvise(MADV_DONTFORK)", error,
                       "A forked child would write into tracked pages unseen, so the mapping was "
                       "given up.");
  }
  // EINVAL only says that this kernel has no huge pages, which is what is asked for.
  madvise(address, size, MADV_NOHUGEPAGE);
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Mapping::~Mapping() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace mkwrite
