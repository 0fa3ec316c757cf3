// The clock of single faults: the processor's own counter where it can be trusted, which takes a
// few nanoseconds to read and is no system call, else CLOCK_MONOTONIC. Unlike the clock of frames
// (clock.h) it goes on while the thread does not run: what a fault really took is what is asked
// for.
#pragma once

#include <time.h>

#include <cstdint>
#include <string>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mkwrite {

enum class LatencySource : std::uint8_t { kCounter, kMonotonic };

struct LatencyClock {
  LatencySource source = LatencySource::kMonotonic;
  double ns_per_tick = 1;
  /// Between two readings with nothing in between.
  double overhead_ns = 0;
  /// The smallest difference that was seen between two readings.
  double resolution_ns = 0;
  /// Why the counter is not used; empty if it is.
  std::string refusal;
};

/// Calibrated against CLOCK_MONOTONIC at the first call, which takes about 30 ms. Thread-safe.
const LatencyClock& latency_clock();

namespace detail {
/// Set by the calibration, constant afterwards, hence safe to read in a signal handler.
extern bool counter_is_trusted;
}  // namespace detail

/// The counter. What stands before this in the program is done, and what stands after has not
/// begun.
inline std::uint64_t read_counter() noexcept {
#if defined(__x86_64__)
  _mm_lfence();
  const std::uint64_t ticks = __rdtsc();
  _mm_lfence();
  return ticks;
#elif defined(__aarch64__)
  std::uint64_t ticks;
  asm volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks) : : "memory");
  return ticks;
#endif
}

/// Async-signal-safe. Call latency_clock() before the first reading.
inline std::uint64_t read_latency_clock() noexcept {
  if (detail::counter_is_trusted) return read_counter();
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace mkwrite
