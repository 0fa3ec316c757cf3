// A thread that computes on demand, as the other threads of a program do. While it runs on another
// CPU, that CPU's TLB holds entries of this process, and each mprotect has to interrupt it (a TLB
// shootdown). Where there is one CPU only, it takes turns with its maker, whose CPU time stays what
// it was.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "device/apart.h"
#include "faults/futex.h"

namespace mkwrite {

class BusyThread {
 public:
  /// Starts it asleep. Throws std::system_error if no thread can be had.
  BusyThread();
  /// Ends it, and waits for that.
  ~BusyThread();
  BusyThread(const BusyThread&) = delete;
  BusyThread& operator=(const BusyThread&) = delete;

  /// Lets it run from now on, on any CPU but the one that the caller is on now, if there is another
  /// one for it. Waits until it does, but no longer than `patience`: other programs may keep all
  /// other CPUs. Returns whether it was seen to run. For one caller at a time.
  bool spin(std::chrono::nanoseconds patience) noexcept;

  /// Lets it sleep. It may run on for some microseconds.
  void sleep() noexcept;

  /// Whether it counts no more, until it is to spin again.
  bool asleep() const noexcept { return asleep_.load(); }

  /// CPU time that it has had, in ns, exact while it runs.
  std::int64_t cpu_ns() const noexcept;

  /// What it counts while it runs.
  std::uint64_t rounds() const noexcept { return rounds_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kAsleep = 0;
  static constexpr std::uint32_t kSpinning = 1;
  static constexpr std::uint32_t kEnding = 2;
  static constexpr std::size_t kCacheLine = 64;

  void run() noexcept;

  /// The object has cache lines of its own: who is measured shall not wait for them.
  alignas(kCacheLine) std::atomic<std::uint64_t> rounds_{0};
  Apart apart_;
  FutexWord state_{kAsleep};
  std::atomic<bool> asleep_{false};
  std::thread thread_;
};

}  // namespace mkwrite
