#include "measure/busy_thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

namespace mkwrite {

BusyThread::BusyThread() : thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "mkwrite-busy");
}

BusyThread::~BusyThread() {
  state_.store(kEnding);
  futex_wake(state_);
  thread_.join();
}

bool BusyThread::spin(std::chrono::nanoseconds patience) noexcept {
  apart_.keep(thread_);
  const std::uint64_t before = rounds();
  state_.store(kSpinning);
  futex_wake(state_);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (rounds() == before) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    // With one CPU it would never begin otherwise.
    sched_yield();
  }
  return true;
}

void BusyThread::sleep() noexcept { state_.store(kAsleep); }

std::int64_t BusyThread::cpu_ns() const noexcept {
  clockid_t clock{};
  timespec now{};
  const auto handle = const_cast<std::thread&>(thread_).native_handle();
  if (pthread_getcpuclockid(handle, &clock) != 0 || clock_gettime(clock, &now) != 0) return 0;
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void BusyThread::run() noexcept {
  // Whoever handles signals of this process does so elsewhere.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (;;) {
    const std::uint32_t state = state_.load();
    if (state == kEnding) return;
    if (state == kAsleep) {
      asleep_.store(true);
      futex_wait(state_, kAsleep);
      continue;
    }
    asleep_.store(false);
    // No pause instruction: hypervisors take the CPU away from who repeats it (pause-loop exiting).
    while (state_.load(std::memory_order_relaxed) == kSpinning) {
      // Relaxed: it orders nothing; nobody else writes it.
      rounds_.store(rounds() + 1, std::memory_order_relaxed);
    }
  }
}

}  // namespace mkwrite
