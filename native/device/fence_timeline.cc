#include "device/fence_timeline.h"

namespace mkwrite {
namespace {

timespec deadline_after(FenceTimeline::Timeout timeout) noexcept {
  constexpr long kSecond = 1'000'000'000;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long nanoseconds = now.tv_nsec + static_cast<long>(timeout.count() % kSecond);
  now.tv_sec += timeout.count() / kSecond + nanoseconds / kSecond;
  now.tv_nsec = nanoseconds % kSecond;
  return now;
}

}  // namespace

void FenceTimeline::complete(Seqno seqno) noexcept {
  std::uint64_t before = load();
  do {
    if ((before & kLost) != 0) return;
    // Release: pairs with load().
  } while (!state_.compare_exchange_weak(before, seqno, std::memory_order_release,
                                         std::memory_order_acquire));
  announce();
}

void FenceTimeline::lose() noexcept {
  state_.fetch_or(kLost, std::memory_order_acq_rel);
  announce();
}

void FenceTimeline::interrupt() noexcept {
  interrupts_.fetch_add(1);
  announce();
}

void FenceTimeline::announce() noexcept {
  // After the change itself: a waiter that read the old word before looking finds the word changed
  // and does not sleep.
  events_.fetch_add(1);
  futex_wake(events_);
}

FenceTimeline::WaitResult FenceTimeline::wait(Seqno seqno, Timeout timeout,
                                              const std::uint32_t* interrupts) noexcept {
  const bool limited = timeout >= Timeout::zero();
  const timespec deadline = limited ? deadline_after(timeout) : timespec{};
  for (bool in_time = true;;) {
    const std::uint32_t event = events_.load();
    switch (status(seqno)) {
      case FenceStatus::kSignaled:
        return WaitResult::kSignaled;
      case FenceStatus::kLost:
        return WaitResult::kLost;
      case FenceStatus::kPending:
        break;
    }
    if (interrupts != nullptr && interrupts_.load() != *interrupts) {
      return WaitResult::kInterrupted;
    }
    if (!in_time) return WaitResult::kTimedOut;
    in_time = futex_wait(events_, event, limited ? &deadline : nullptr);
  }
}

}  // namespace mkwrite
