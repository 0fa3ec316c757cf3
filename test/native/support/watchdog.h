// Ends a test program that hangs: SIGALRM's default action kills it whatever its threads wait for.
#pragma once

#include <unistd.h>

namespace mkwrite::test {

/// Seconds; generous, for sanitizers and emulated machines.
inline constexpr unsigned kWatchdogSeconds = 240;

inline const unsigned watchdog = alarm(kWatchdogSeconds);

}  // namespace mkwrite::test
