// The one clock of all measurements: the CPU time of the calling thread. Nothing that is measured
// sleeps, so on an idle machine it is the time that passes; on a busy one it leaves out what other
// processes took, which wall-clock time would blame on whoever was being measured.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>

namespace mkwrite {

/// CLOCK_THREAD_CPUTIME_ID in nanoseconds. Reading it is a system call.
inline std::int64_t now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// What lies between two readings with nothing in between: 0.1 to 0.5 us. Measured at the first
/// call.
std::int64_t clock_cost_ns();

/// Measures one phase; what reading the clock costs is taken off.
class Stopwatch {
 public:
  Stopwatch() noexcept : begin_(now_ns()) {}
  std::int64_t elapsed_ns() const {
    return std::max<std::int64_t>(now_ns() - begin_ - clock_cost_ns(), 0);
  }

 private:
  std::int64_t begin_;
};

}  // namespace mkwrite
