// The one clock of all measurements: the CPU time of the calling thread. Nothing that is measured
// sleeps, so on an idle machine it is the time that passes; on a busy one it leaves out what other
// processes took, which wall-clock time would blame on whoever was being measured.
#pragma once

#include <time.h>

#include <cstdint>

namespace mkwrite {

/// CLOCK_THREAD_CPUTIME_ID in nanoseconds. Reading it is a system call (0.2 to 0.4 us), so what is
/// timed should take much longer or be repeated.
inline std::int64_t now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace mkwrite
