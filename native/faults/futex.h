// The futex system call, as far as it is used here. Async-signal-safe.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <ctime>

namespace mkwrite {

using FutexWord = std::atomic<std::uint32_t>;
static_assert(FutexWord::is_always_lock_free && sizeof(FutexWord) == sizeof(std::uint32_t));

/// Sleeps while `word` holds `expected`, until woken or CLOCK_MONOTONIC reaches `deadline` (null:
/// no limit). May return early (man 2 futex), so callers look at their condition again.
/// Returns false only when the deadline passed.
inline bool futex_wait(const FutexWord& word, std::uint32_t expected,
                       const timespec* deadline = nullptr) noexcept {
  const int saved_errno = errno;
  // FUTEX_WAIT_BITSET takes an absolute time; FUTEX_WAIT a relative one, which restarts would grow.
  const long result = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline,
                              nullptr, FUTEX_BITSET_MATCH_ANY);
  const bool timed_out = result != 0 && errno == ETIMEDOUT;
  errno = saved_errno;
  return !timed_out;
}

inline void futex_wake(const FutexWord& word, int waiters = INT_MAX) noexcept {
  const int saved_errno = errno;
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, waiters, nullptr, nullptr, 0);
  errno = saved_errno;
}

}  // namespace mkwrite
