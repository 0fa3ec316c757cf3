#include "measure/device_copy.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "memory/error.h"

namespace mkwrite {

DeviceCopy::DeviceCopy(std::size_t size) : size_(size) {
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (address == MAP_FAILED) {
    throw_system_error("mmap", errno, "Measure a smaller buffer.");
  }
  data_ = static_cast<std::byte*>(address);
}

DeviceCopy::~DeviceCopy() { munmap(data_, size_); }

void DeviceCopy::update(const std::byte* source, PageRange pages) noexcept {
  const ByteRange bytes = bytes_of(pages);
  std::memcpy(data_ + bytes.offset, source + bytes.offset, bytes.size);
}

std::size_t DeviceCopy::count_stale(const std::byte* source,
                                    std::span<const std::uint32_t> pages) const {
  return static_cast<std::size_t>(std::ranges::count_if(pages, [&](std::uint32_t page) {
    const std::size_t offset = page * kPageSize;
    return std::memcmp(data_ + offset, source + offset, kPageSize) != 0;
  }));
}

}  // namespace mkwrite
