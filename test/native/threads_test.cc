// Threads that run beside the one that is measured: one that is made to, and those that are there.
#include <doctest/doctest.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "measure/busy_thread.h"
#include "measure/other_threads.h"

using mkwrite::BusyThread;
using mkwrite::OtherThreads;

namespace {

constexpr std::chrono::seconds kLong{10};
constexpr std::int64_t kMillisecond = 1'000'000;

/// Until it has had that much CPU time more.
void let_run(const BusyThread& thread, std::int64_t ns) {
  const std::int64_t end = thread.cpu_ns() + ns;
  while (thread.cpu_ns() < end) std::this_thread::yield();
}

/// It has some microseconds to stop.
void await_sleep(const BusyThread& thread) {
  while (!thread.asleep()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::int64_t own_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

TEST_CASE("a busy thread runs while it is asked to, and not before or after") {
  BusyThread thread;
  await_sleep(thread);
  CHECK(thread.rounds() == 0);
  for (int turn = 0; turn < 3; ++turn) {
    const std::uint64_t before = thread.rounds();
    REQUIRE(thread.spin(kLong));
    CHECK(thread.rounds() > before);
    let_run(thread, kMillisecond);
    thread.sleep();
    await_sleep(thread);
    const std::uint64_t rested = thread.rounds();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(thread.rounds() == rested);
    CHECK(thread.asleep());
  }
}

TEST_CASE("a busy thread may be asked twice for the same") {
  BusyThread thread;
  thread.sleep();
  CHECK(thread.spin(kLong));
  CHECK(thread.spin(kLong));
  thread.sleep();
  thread.sleep();
}

TEST_CASE("a busy thread ends however it is left") {
  BusyThread().sleep();
  for (int i = 0; i < 50; ++i) {
    BusyThread thread;
    thread.spin(std::chrono::nanoseconds(0));
    if (i % 2 == 0) thread.sleep();
  }
}

TEST_CASE("other threads' CPU time is counted, and one's own is not") {
  std::optional<BusyThread> thread(std::in_place);
  REQUIRE(thread->spin(kLong));
  OtherThreads others;
  const std::int64_t before = others.cpu_ns();
  const std::int64_t busy_before = thread->cpu_ns();
  let_run(*thread, 20 * kMillisecond);
  const std::int64_t busy = thread->cpu_ns() - busy_before;
  CHECK(others.cpu_ns() - before >= busy);

  thread->sleep();
  await_sleep(*thread);
  const std::int64_t rested = others.cpu_ns();
  const std::int64_t own = own_cpu_ns();
  while (own_cpu_ns() < own + 20 * kMillisecond) continue;
  // Sanitizers have a thread that does some work now and then.
  CHECK(others.cpu_ns() < rested + 10 * kMillisecond);

  // What ended keeps what it had; what begins is counted from its beginning on.
  thread.reset();
  CHECK(others.cpu_ns() >= rested);
  thread.emplace();
  REQUIRE(thread->spin(kLong));
  let_run(*thread, 5 * kMillisecond);
  CHECK(others.cpu_ns() >= rested + 5 * kMillisecond);
}

TEST_CASE(
    "a thread is counted that begins when another ends, so that there are as many as before") {
  std::optional<BusyThread> thread(std::in_place);
  OtherThreads others;
  thread.reset();
  thread.emplace();
  REQUIRE(thread->spin(kLong));
  let_run(*thread, 5 * kMillisecond);
  CHECK(others.cpu_ns() >= 5 * kMillisecond);
}
