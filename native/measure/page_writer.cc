#include "measure/page_writer.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstring>

namespace mkwrite {

void write_pages(std::byte* base, const PageWrites& writes) noexcept {
  constexpr std::size_t kCacheLine = 64;
  const std::size_t last_offset = kPageSize - writes.bytes_per_page;
  for (const std::uint32_t page : writes.pages) {
    // Not always the first cache line, or all writes would compete for one set of the cache.
    const std::size_t offset = std::min(page * kCacheLine % kPageSize, last_offset);
    std::byte* const target = base + page * kPageSize + offset;
    const std::uint64_t value = std::uint64_t{writes.stamp} << 32U | page;
    for (std::size_t at = 0; at < writes.bytes_per_page; at += sizeof value) {
      std::memcpy(target + at, &value, sizeof value);
    }
  }
}

std::uint64_t minor_faults() noexcept {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<std::uint64_t>(usage.ru_minflt);
}

}  // namespace mkwrite
