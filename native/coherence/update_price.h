// What updates of a device cost, as seen lately.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>

namespace mkwrite {

class UpdatePrice {
 public:
  /// An update took `page` ns per page (price_per_page()). One thread at a time.
  void observe(double page) noexcept {
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
