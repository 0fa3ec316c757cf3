#include "tracking/twin.h"

#include <sys/mman.h>

#include <cerrno>

#include "memory/error.h"

namespace mkwrite {

Twin::Twin(const BufferObject& buffer)
    : source_(buffer.alias()), size_(buffer.size()), data_(nullptr), held_(buffer.pages()) {
  void* const address = mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    throw_system_error("mmap", errno,
                       "A twin needs as much memory as its buffer object; use a mechanism without "
                       "one.");
  }
  data_ = static_cast<std::byte*>(address);
}

Twin::~Twin() { munmap(data_, size_); }

void Twin::take(PageRange range) noexcept {
  const ByteRange bytes = bytes_of(range);
  std::memcpy(data_ + bytes.offset, source_ + bytes.offset, bytes.size);
  held_.set(range);
}

}  // namespace mkwrite
