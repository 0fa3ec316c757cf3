// Pages and ranges: the units that everything else is counted in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mkwrite {

/// The MMU's page size in bytes (4096 on x86-64; 4096, 16384 or 65536 on arm64). Set before main()
/// or while the addon is loaded, constant afterwards, hence safe to read in a signal handler.
extern const std::size_t kPageSize;
/// Its binary logarithm: dividing by what the compiler does not know takes ten times as long as a
/// shift.
extern const unsigned kPageShift;

/// How many pages one page table maps: a page full of entries of 8 bytes each.
inline std::size_t pages_per_table() noexcept { return kPageSize / sizeof(std::uint64_t); }

/// Number of a page within a buffer object, 0 for its first.
using PageIndex = std::size_t;

/// A half-open range of pages.
struct PageRange {
  PageIndex first = 0;
  std::size_t count = 0;  ///< pages

  constexpr PageIndex end() const noexcept { return first + count; }
  constexpr bool empty() const noexcept { return count == 0; }
  constexpr bool contains(PageIndex page) const noexcept { return page >= first && page < end(); }
  constexpr bool operator==(const PageRange&) const noexcept = default;

  static constexpr PageRange between(PageIndex first, PageIndex end) noexcept {
    return {first, end > first ? end - first : 0};
  }
  constexpr PageRange intersect(PageRange other) const noexcept {
    return between(std::max(first, other.first), std::min(end(), other.end()));
  }
};

/// What of `range` whole page tables map in a mapping that begins where one does (mapping.h).
inline PageRange whole_tables(PageRange range) noexcept {
  const std::size_t pages = pages_per_table();
  return PageRange::between((range.first + pages - 1) / pages * pages, range.end() / pages * pages);
}

/// The pages of all tables that map some of `range`, likewise. May end after the buffer object.
inline PageRange covering_tables(PageRange range) noexcept {
  const std::size_t pages = pages_per_table();
  return PageRange::between(range.first / pages * pages, (range.end() + pages - 1) / pages * pages);
}

/// A half-open range of bytes.
struct ByteRange {
  std::size_t offset = 0;  ///< bytes
  std::size_t size = 0;    ///< bytes

  constexpr std::size_t end() const noexcept { return offset + size; }
  constexpr bool empty() const noexcept { return size == 0; }
  constexpr bool contains(ByteRange other) const noexcept {
    return other.offset >= offset && other.end() <= end();
  }
  constexpr bool operator==(const ByteRange&) const noexcept = default;

  static constexpr ByteRange between(std::size_t offset, std::size_t end) noexcept {
    return {offset, end > offset ? end - offset : 0};
  }
  constexpr ByteRange intersect(ByteRange other) const noexcept {
    return between(std::max(offset, other.offset), std::min(end(), other.end()));
  }
};

/// The pages that hold at least one byte of `bytes`.
inline PageRange pages_covering(ByteRange bytes) noexcept {
  if (bytes.empty()) return {bytes.offset / kPageSize, 0};
  return PageRange::between(bytes.offset / kPageSize, (bytes.end() - 1) / kPageSize + 1);
}

inline ByteRange bytes_of(PageRange pages) noexcept {
  return {pages.first * kPageSize, pages.count * kPageSize};
}

}  // namespace mkwrite
