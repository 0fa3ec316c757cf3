// Holds the first thread that comes to a seam until it is released.
#pragma once

#include "faults/futex.h"
#include "faults/seam.h"

namespace mkwrite::test {

class SeamHold {
 public:
  explicit SeamHold(Seam where) {
    place_.store(where);
    state_.store(kAwaited);
    seam_callback.store(on_seam);
  }
  SeamHold(const SeamHold&) = delete;
  SeamHold& operator=(const SeamHold&) = delete;
  ~SeamHold() {
    seam_callback.store(nullptr);
    release();
  }

  /// Waits until a thread is held.
  void wait_reached() const {
    while (state_.load() == kAwaited) futex_wait(state_, kAwaited);
  }
  bool reached() const { return state_.load() != kAwaited; }

  void release() {
    state_.store(kReleased);
    futex_wake(state_);
  }

 private:
  static constexpr std::uint32_t kAwaited = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kReleased = 2;

  // Runs in signal handlers too.
  static void on_seam(Seam where) noexcept {
    std::uint32_t awaited = kAwaited;
    if (where != place_.load() || !state_.compare_exchange_strong(awaited, kHeld)) return;
    futex_wake(state_);
    while (state_.load() == kHeld) futex_wait(state_, kHeld);
  }

  static inline std::atomic<Seam> place_{};
  static inline FutexWord state_{kReleased};
};

}  // namespace mkwrite::test
