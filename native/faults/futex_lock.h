// A mutex that a signal handler may take: nothing but atomics and futexes (the third mutex of
// Drepper's "Futexes Are Tricky", 2011). Not recursive, not fair. Whoever holds one must not touch
// a tracked view: the fault would wait for its own thread (rule 3).
#pragma once

#include "faults/futex.h"

namespace mkwrite {

class FutexLock {
 public:
  void lock() noexcept {
    std::uint32_t state = kFree;
    // Acquire: what the previous holder wrote under the lock is seen from here on.
    if (state_.compare_exchange_strong(state, kHeld, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
      return;
    }
    if (state != kContended) state = state_.exchange(kContended, std::memory_order_acquire);
    while (state != kFree) {
      futex_wait(state_, kContended);
      state = state_.exchange(kContended, std::memory_order_acquire);
    }
  }

  void unlock() noexcept {
    // Release: pairs with the acquire above.
    if (state_.exchange(kFree, std::memory_order_release) == kContended) futex_wake(state_, 1);
  }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kContended = 2;

  FutexWord state_{kFree};
};

}  // namespace mkwrite
