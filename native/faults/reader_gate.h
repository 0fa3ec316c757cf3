// Lets readers in a signal handler use a published object without locks, and a writer wait until
// nobody can still be using the one it replaced (the idea of SRCU, Documentation/RCU).
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace mkwrite {

class ReaderGate {
 public:
  /// Wait-free. The published pointer must be loaded after this. Pass the result to leave().
  unsigned enter() noexcept {
    const unsigned side = side_.load() & 1U;
    readers_[side].fetch_add(1);
    return side;
  }

  void leave(unsigned side) noexcept {
    // Release: the reads of the section are over before the writer sees the count drop.
    readers_[side].fetch_sub(1, std::memory_order_release);
  }

  /// Waits for every reader that may have loaded the pointer before it was replaced. Such a reader
  /// had raised one of the two counters before the replacement (both operations are sequentially
  /// consistent), so both are awaited; turning new readers to the other side first keeps them from
  /// prolonging the wait. Callers take turns (the table's writer mutex).
  void synchronize() noexcept {
    for (int i = 0; i < 2; ++i) {
      const unsigned old_side = side_.fetch_xor(1U) & 1U;
      while (readers_[old_side].load(std::memory_order_acquire) != 0) sched_yield();
    }
  }

 private:
  std::atomic<unsigned> side_{0};
  std::array<std::atomic<std::uint32_t>, 2> readers_{};
};

}  // namespace mkwrite
