// How far a device has come: the seqno of the last submission that is done. Waiting on it uses
// futexes only, because faults wait in the signal handler.
#pragma once

#include <atomic>
#include <chrono>

#include "coherence/device.h"
#include "faults/futex.h"

namespace mkwrite {

class FenceTimeline {
 public:
  enum class WaitResult { kSignaled, kLost, kTimedOut, kInterrupted };
  /// Negative: no limit.
  using Timeout = std::chrono::nanoseconds;

  Seqno completed() const noexcept {
    // Acquire: whoever sees a submission done sees the device memory it wrote.
    return completed_.load(std::memory_order_acquire);
  }
  bool lost() const noexcept { return lost_.load(std::memory_order_acquire); }
  FenceStatus status(Seqno seqno) const noexcept {
    if (seqno <= completed()) return FenceStatus::kSignaled;
    // Once lost nothing completes any more, so the order of the two looks does not matter.
    return lost() ? FenceStatus::kLost : FenceStatus::kPending;
  }

  /// By the device's thread, in order.
  void complete(Seqno seqno) noexcept;
  /// From now on nothing completes; every waiter is released. Any thread, also a signal handler.
  void lose() noexcept;
  /// Makes waits that allow it return.
  void interrupt() noexcept;

  /// Waits until `seqno` is done or the device is lost. Async-signal-safe.
  WaitResult wait(Seqno seqno, Timeout timeout) noexcept { return wait(seqno, timeout, false); }
  /// The same, but an interrupt() ends it, too.
  WaitResult wait_interruptibly(Seqno seqno, Timeout timeout) noexcept {
    return wait(seqno, timeout, true);
  }

 private:
  WaitResult wait(Seqno seqno, Timeout timeout, bool interruptible) noexcept;
  void announce() noexcept;

  std::atomic<Seqno> completed_{0};
  std::atomic<bool> lost_{false};
  std::atomic<std::uint32_t> interrupts_{0};
  FutexWord events_{0};  ///< changes with each of the above
};

static_assert(std::atomic<Seqno>::is_always_lock_free);

}  // namespace mkwrite
