// FutexLock and the futex calls it stands on.
#include "faults/futex_lock.h"

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "support/actor.h"
#include "support/watchdog.h"

using mkwrite::futex_wait;
using mkwrite::FutexLock;
using mkwrite::FutexWord;

TEST_CASE("only one thread at a time holds the lock") {
  constexpr int kThreads = 16;
  constexpr int kRounds = 5000;
  FutexLock lock;
  int inside = 0;
  long total = 0;
  bool overlapped = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        const std::lock_guard guard(lock);
        overlapped = overlapped || ++inside != 1;
        ++total;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(overlapped);
  CHECK(total == long{kThreads} * kRounds);
}

TEST_CASE("a waiter sleeps until the holder lets go") {
  FutexLock lock;
  lock.lock();
  mkwrite::test::Actor waiter([&] { const std::lock_guard guard(lock); });
  CHECK_FALSE(waiter.done_or_asleep());
  lock.unlock();
  waiter.join();
  CHECK(waiter.done());
}

TEST_CASE("every one of several sleeping waiters gets its turn") {
  FutexLock lock;
  lock.lock();
  {
    const auto take = [&] { const std::lock_guard guard(lock); };
    mkwrite::test::Actor first(take);
    mkwrite::test::Actor second(take);
    mkwrite::test::Actor third(take);
    CHECK_FALSE(first.done_or_asleep());
    CHECK_FALSE(second.done_or_asleep());
    CHECK_FALSE(third.done_or_asleep());
    lock.unlock();
  }
  lock.lock();
  lock.unlock();
}

TEST_CASE("a wait whose deadline has passed says so and keeps errno") {
  const FutexWord word{1};
  constexpr timespec kPast{0, 1};
  errno = EDOM;
  CHECK_FALSE(futex_wait(word, 1, &kPast));
  CHECK(errno == EDOM);
}

TEST_CASE("a wait for a value that is gone returns at once") {
  const FutexWord word{1};
  errno = EDOM;
  CHECK(futex_wait(word, 2));
  CHECK(errno == EDOM);
}
