// Times single accesses to pages, each by itself, on one thread or on several at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mkwrite {

/// When an access passed which station: readings of the latency clock, 0 where it did not. Those
/// between `begin` and `end` are for the fault handler to fill in.
struct AccessStamps {
  std::uint64_t begin = 0;
  std::uint64_t entered = 0;  ///< first in the handler
  std::uint64_t marked = 0;   ///< the page's bit is set
  std::uint64_t opened = 0;   ///< the page is writable
  std::uint64_t end = 0;
};

/// Nanoseconds of one access, what reading the clock costs taken off. NaN where the handler left no
/// stamps.
struct AccessTimes {
  double total;
  double delivery;   ///< from the access to the handler: the kernel's entry, and the signal
  double handler;    ///< finding the page and setting its bit
  double unprotect;  ///< making it writable
  double resume;     ///< back from the signal, and the access itself
};

AccessTimes to_times(const AccessStamps& stamps) noexcept;

/// What to access: one byte of each page, in this order.
struct Accesses {
  std::span<const std::uint32_t> pages;
  std::size_t page_size;
  bool write = true;
  /// Each takes consecutive entries of `pages`, and all begin at once.
  unsigned threads = 1;
};

/// Makes the accesses to the memory at `base`. `stamps` has an entry for each of its pages; those
/// of the accessed ones are overwritten. Throws std::system_error if threads cannot be had.
void time_accesses(std::byte* base, const Accesses& accesses, std::span<AccessStamps> stamps);

}  // namespace mkwrite
