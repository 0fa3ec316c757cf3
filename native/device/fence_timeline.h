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

  Seqno completed() const noexcept { return load() & ~kLost; }
  bool lost() const noexcept { return (load() & kLost) != 0; }
  FenceStatus status(Seqno seqno) const noexcept {
    const std::uint64_t state = load();
    if (seqno <= (state & ~kLost)) return FenceStatus::kSignaled;
    return (state & kLost) != 0 ? FenceStatus::kLost : FenceStatus::kPending;
  }

  /// By the device's thread, in order.
  void complete(Seqno seqno) noexcept;
  /// From now on nothing completes; every waiter is released. Any thread, also a signal handler.
  void lose() noexcept;
  /// Makes waits that allow it return.
  void interrupt() noexcept;

  /// Waits until `seqno` is done or the device is lost. Async-signal-safe.
  WaitResult wait(Seqno seqno, Timeout timeout) noexcept { return wait(seqno, timeout, nullptr); }
  /// How many interrupts there were.
  std::uint32_t interrupts() const noexcept { return interrupts_.load(); }
  /// As wait(), but an interrupt() after the first `interrupts` ends it, too.
  WaitResult wait_interruptibly(Seqno seqno, Timeout timeout, std::uint32_t interrupts) noexcept {
    return wait(seqno, timeout, &interrupts);
  }

 private:
  static constexpr std::uint64_t kLost = std::uint64_t{1} << 63U;

  std::uint64_t load() const noexcept {
    // Acquire: whoever sees a submission done sees the device memory it wrote.
    return state_.load(std::memory_order_acquire);
  }
  WaitResult wait(Seqno seqno, Timeout timeout, const std::uint32_t* interrupts) noexcept;
  void announce() noexcept;

  /// The last seqno that is done, and kLost. One word, so that nothing completes after the loss.
  std::atomic<std::uint64_t> state_{0};
  std::atomic<std::uint32_t> interrupts_{0};
  FutexWord events_{0};  ///< changes with each of the above
};

static_assert(std::atomic<Seqno>::is_always_lock_free);

}  // namespace mkwrite
