// What a sanitizer's runtime does not let a test do.
#pragma once

#include <doctest/doctest.h>

namespace mkwrite::test {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

/// ThreadSanitizer runs every handler with all signals blocked, whatever its flags say, so that a
/// fault within a handler kills.
inline bool nested_faults_kill() {
  if (kThreadSanitizer) MESSAGE("SKIPPED under ThreadSanitizer: it blocks signals in handlers");
  return kThreadSanitizer;
}

/// ThreadSanitizer keeps a signal that comes in the middle of a computation until that calls
/// something.
inline bool signals_wait() {
  if (kThreadSanitizer) MESSAGE("SKIPPED under ThreadSanitizer: signals wait for the next call");
  return kThreadSanitizer;
}

/// The runtimes map memory of their own while the test has taken the last mapping.
inline bool mappings_cannot_run_out() {
  constexpr bool kNeeded = kThreadSanitizer || kAddressSanitizer;
  if (kNeeded) MESSAGE("SKIPPED under a sanitizer: its runtime needs mappings, too");
  return kNeeded;
}

}  // namespace mkwrite::test
