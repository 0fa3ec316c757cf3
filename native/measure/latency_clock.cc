#include "measure/latency_clock.h"

#include <algorithm>
#include <array>
#include <limits>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace mkwrite {

namespace detail {
bool counter_is_trusted = false;
}

namespace {

std::int64_t monotonic_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// Whether the processor promises that the counter runs at one rate, in all power states and on all
/// cores (Intel SDM 3B, 18.17.1: CPUID.80000007H:EDX[8]; on arm64 the architecture does).
bool counter_is_invariant() noexcept {
#if defined(__x86_64__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(0x8000'0007U, &eax, &ebx, &ecx, &edx) != 0 && (edx & 1U << 8U) != 0;
#else
  return true;
#endif
}

/// Both clocks at one moment: of several readings the one that was disturbed least.
struct Moment {
  std::int64_t ns;
  std::uint64_t ticks;
};

Moment now_in_both() noexcept {
  Moment best{};
  std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 32; ++i) {
    const std::int64_t before = monotonic_ns();
    const std::uint64_t ticks = read_counter();
    const std::int64_t after = monotonic_ns();
    if (after - before >= smallest) continue;
    smallest = after - before;
    best = {before + smallest / 2, ticks};
  }
  return best;
}

/// Nanoseconds per tick over a few milliseconds.
double measure_rate() noexcept {
  constexpr std::int64_t kSpan = 4'000'000;  // ns
  const Moment begin = now_in_both();
  while (monotonic_ns() - begin.ns < kSpan) {
  }
  const Moment end = now_in_both();
  return static_cast<double>(end.ns - begin.ns) / static_cast<double>(end.ticks - begin.ticks);
}

void measure_readings(LatencyClock& clock) noexcept {
  constexpr int kReadings = 1000;
  std::uint64_t fewest = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t begin = read_latency_clock();
    std::uint64_t last = begin;
    for (int i = 0; i < kReadings; ++i) {
      const std::uint64_t next = read_latency_clock();
      if (next != last) smallest = std::min(smallest, next - last);
      last = next;
    }
    fewest = std::min(fewest, last - begin);
  }
  clock.overhead_ns = static_cast<double>(fewest) * clock.ns_per_tick / kReadings;
  clock.resolution_ns = static_cast<double>(smallest) * clock.ns_per_tick;
}

LatencyClock calibrate() {
  LatencyClock clock;
  if (counter_is_invariant()) {
    std::array<double, 7> rates{};
    for (double& rate : rates) rate = measure_rate();
    std::ranges::sort(rates);
    const double rate = rates[rates.size() / 2];
    // The middle ones: a single round may have been interrupted.
    constexpr double kTolerance = 1e-3;
    if (rate > 0 && rates[rates.size() - 3] - rates[2] < rate * kTolerance) {
      clock.source = LatencySource::kCounter;
      clock.ns_per_tick = rate;
      detail::counter_is_trusted = true;
    } else {
      clock.refusal = "The processor's counter does not run at a constant rate here.";
    }
  } else {
    clock.refusal = "The processor does not promise that its counter runs at a constant rate.";
  }
  measure_readings(clock);
  return clock;
}

}  // namespace

const LatencyClock& latency_clock() {
  static const LatencyClock clock = calibrate();
  return clock;
}

}  // namespace mkwrite
