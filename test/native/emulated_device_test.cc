// The emulated GPU: order, fences, losses and lockups (rule 9).
#include <doctest/doctest.h>

#include <sched.h>

#include <atomic>
#include <thread>

#include "support/actor.h"
#include "support/coherent_fixture.h"

namespace mkwrite::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPages = 8;

TEST_CASE("submissions run in order and signal one after the other") {
  const TestDevice device;
  const auto memory = allocate_resource(*device, kPageSize);
  device->pause();
  Seqno last = 0;
  for (std::uint8_t value = 1; value <= 50; ++value) {
    const Seqno seqno = device.fill(memory, value);
    CHECK(seqno == last + 1);
    last = seqno;
  }
  CHECK(device->status(1) == FenceStatus::kPending);
  CHECK(device->timeline().wait(1, 1ms) == FenceTimeline::WaitResult::kTimedOut);
  device->resume();
  CHECK(device.wait(last) == FenceTimeline::WaitResult::kSignaled);
  CHECK(device.peek(*memory, 0) == 50);
}

TEST_CASE("an update that is sent while the queue is busy arrives in order") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, MechanismKind::kWriteFault);
  const auto whole = fixture.whole();
  const auto first = allocate_resource(*device, fixture.buffer->size());
  const auto second = allocate_resource(*device, fixture.buffer->size());
  device->pause();
  byte_at(*fixture.view, 1) = 1;
  device.copy(whole, first);
  byte_at(*fixture.view, 1) = 2;
  const Seqno last = device.copy(whole, second);
  byte_at(*fixture.view, 1) = 3;
  device->resume();
  device.wait(last);
  CHECK(device.peek(*first, kPageSize) == 1);
  CHECK(device.peek(*second, kPageSize) == 2);
  CHECK(device->stats().bytes_staged > 0);
}

TEST_CASE("a lost device releases a parked fault, which finds what the CPU last had") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, MechanismKind::kWriteFault);
  const auto whole = fixture.whole();
  byte_at(*fixture.view, 1) = 5;
  device->pause();
  const Seqno seqno = device.fill(whole, 9);
  std::uint8_t found = 0;
  Actor reader([&] { found = byte_at(*fixture.view, 1); });
  CHECK(!reader.done_or_asleep());
  device->lose();
  reader.join();
  CHECK(found == 5);
  CHECK(device->status(seqno) == FenceStatus::kLost);
  CHECK_THROWS_AS(device.fill(whole, 1), Error);
}

TEST_CASE("what was done before the device was lost is still read back") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, MechanismKind::kWriteFault);
  const auto whole = fixture.whole();
  device.wait(device.fill(whole, 9));
  device->lose();
  CHECK(byte_at(*fixture.view, 1) == 9);
}

TEST_CASE("a fault that waits longer than the lockup timeout declares the device lost") {
  const TestDevice device(std::size_t{1} << 20U, 20ms);
  const CoherentFixture fixture(device, kPages, MechanismKind::kWriteFault);
  const auto whole = fixture.whole();
  device->pause();
  const Seqno seqno = device.fill(whole, 9);
  CHECK(byte_at(*fixture.view, 1) == 0);
  CHECK(device->status(seqno) == FenceStatus::kLost);
}

TEST_CASE("waiters are woken before progress is announced") {
  std::atomic<bool> announced{false};
  std::atomic<bool> let_go{false};
  EmulatedDevice::Options options;
  options.memory = std::size_t{1} << 20U;
  options.on_progress = [&] {
    announced.store(true);
    while (!let_go.load()) std::this_thread::yield();
  };
  EmulatedDevice device(std::move(options));
  const auto memory = allocate_resource(device, kPageSize);
  std::vector<Command> commands;
  commands.push_back(make_fill({memory, {0, 8}}, 1));
  const Seqno seqno = submit(device, std::move(commands));
  // Returns although whoever is told of progress never gets on.
  CHECK(device.timeline().wait(seqno, 60s) == FenceTimeline::WaitResult::kSignaled);
  let_go.store(true);
  device.stop();
  CHECK(announced.load());
}

TEST_CASE("a device that is kept apart leaves its caller's CPU alone") {
  cpu_set_t allowed;
  REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  if (CPU_COUNT(&allowed) < 2) {
    MESSAGE("SKIPPED on this machine: it has one CPU");
    return;
  }
  EmulatedDevice::Options options;
  options.memory = std::size_t{1} << 20U;
  cpu_set_t own;
  std::atomic<int> looked{0};
  options.on_progress = [&] {
    sched_getaffinity(0, sizeof own, &own);
    ++looked;
  };
  EmulatedDevice device(std::move(options));
  for (int turn = 1; turn <= 20; ++turn) {
    const auto before = static_cast<std::size_t>(sched_getcpu());
    device.keep_apart();
    const auto after = static_cast<std::size_t>(sched_getcpu());
    submit(device, {});
    while (looked != turn) std::this_thread::yield();
    CHECK(CPU_COUNT(&own) == CPU_COUNT(&allowed) - 1);
    CHECK((!CPU_ISSET(before, &own) || !CPU_ISSET(after, &own)));
  }
  device.stop();
}

TEST_CASE("a stopped device has run what was queued and takes no more") {
  const TestDevice device;
  const auto memory = allocate_resource(*device, kPageSize);
  device->pause();
  const Seqno seqno = device.fill(memory, 3);
  device->stop();
  CHECK(device->status(seqno) == FenceStatus::kSignaled);
  CHECK_THROWS_AS(device.fill(memory, 4), Error);
}

TEST_CASE("device memory is zeroed, bounded and given back") {
  const TestDevice device(4 * kPageSize);
  auto first = allocate_resource(*device, 3 * kPageSize);
  device.wait(device.fill(first, 7));
  CHECK_THROWS_AS(allocate_resource(*device, 2 * kPageSize), Error);
  first.reset();
  CHECK(device->memory().used() == 0);
  const auto second = allocate_resource(*device, 4 * kPageSize);
  CHECK(device.peek(*second, 0) == 0);
}

TEST_CASE("freed gaps are used again") {
  const auto memory = DeviceMemory::create(4 * kPageSize);
  auto a = memory->allocate(kPageSize);
  auto b = memory->allocate(kPageSize);
  auto c = memory->allocate(2 * kPageSize);
  CHECK(memory->allocate(1) == nullptr);
  b.reset();
  const auto again = memory->allocate(kPageSize);
  CHECK(again != nullptr);
  CHECK(again->memory().data() == a->memory().data() + kPageSize);
}

}  // namespace
}  // namespace mkwrite::test
