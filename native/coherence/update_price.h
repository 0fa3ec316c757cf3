// What updates of a device cost, as seen lately.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>

#include "memory/page.h"

namespace mkwrite {

class UpdatePrice {
 public:
  /// An update of `bytes` bytes took `ns`. One thread at a time.
  void observe(std::size_t bytes, double ns) noexcept {
    // Small ones tell more of the clock and the call.
    constexpr std::size_t kPages = 16;
    if (bytes < kPages * kPageSize) return;
    const double page = ns * static_cast<double>(kPageSize) / static_cast<double>(bytes);
    // Relaxed: each is an observation of its own.
    last_[next_++ % last_.size()].store(page, std::memory_order_relaxed);
  }

  /// ns per page: the least of the last few, since everything that disturbs makes it longer. 0
  /// until there are so many. Any thread.
  double page() const noexcept {
    double least = last_[0].load(std::memory_order_relaxed);
    for (const std::atomic<double>& seen : last_) {
      least = std::min(least, seen.load(std::memory_order_relaxed));
    }
    return least;
  }

 private:
  std::array<std::atomic<double>, 4> last_{};
  std::size_t next_ = 0;
};

}  // namespace mkwrite
