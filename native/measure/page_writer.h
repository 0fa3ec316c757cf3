// The writer of all measurements, library and bare alike: dirties given pages of a mapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "memory/page.h"

namespace mkwrite {

/// What one frame writes.
struct PageWrites {
  std::span<const std::uint32_t> pages;  ///< in this order
  std::size_t bytes_per_page = 8;        ///< a multiple of 8, at most kPageSize
  std::uint32_t stamp = 0;               ///< different in each frame, so that contents change
};

/// Writes to the mapping at `base`, `bytes_per_page` consecutive bytes in each page.
void write_pages(std::byte* base, const PageWrites& writes) noexcept;

/// How many page faults the kernel has resolved for the calling thread without a signal.
std::uint64_t minor_faults() noexcept;

}  // namespace mkwrite
