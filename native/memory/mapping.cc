#include "memory/mapping.h"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "memory/error.h"

namespace mkwrite {

Mapping::Mapping(int fd, std::size_t size) : size_(size) {
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (address == MAP_FAILED) {
    throw_system_error("mmap", errno,
                       "Free buffer objects or views, or raise vm.max_map_count and the "
                       "address-space limit (ulimit -v).");
  }
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
