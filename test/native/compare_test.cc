// compare: what differs from the twin was written, and the device gets what the twin has.
#include <doctest/doctest.h>

#include <signal.h>
#include <time.h>

#include <atomic>
#include <csignal>
#include <vector>

#include "memory/same_bytes.h"
#include "support/coherent_fixture.h"
#include "support/device_copy.h"
#include "support/sanitizers.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 64;

volatile std::sig_atomic_t flips = 0;
std::byte* restless = nullptr;

void flip(int /*signal*/) {
  *restless ^= std::byte{1};
  flips = flips + 1;
}

TEST_CASE("what differs is found although something before it changes, and changes back") {
  // A signal stands for another thread that gets its turn in the middle of a comparison. With
  // memcmp this fails after some hundred of them.
  if (signals_wait()) return;
  std::vector<std::byte> twin(kPageSize);
  std::vector<std::byte> live(kPageSize);
  restless = &live[512];
  live[3000] = std::byte{1};
  struct sigaction action{};
  struct sigaction before{};
  action.sa_handler = flip;
  REQUIRE(sigaction(SIGALRM, &action, &before) == 0);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGALRM;
  timer_t timer{};
  REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  const itimerspec often{{0, 20'000}, {0, 20'000}};
  REQUIRE(timer_settime(timer, 0, &often, nullptr) == 0);
  int missed = 0;
  flips = 0;
  while (flips < 5000) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (same_bytes(twin.data(), live.data(), kPageSize)) ++missed;
  }
  timer_delete(timer);
  sigaction(SIGALRM, &before, nullptr);
  CHECK(missed == 0);
  live[512] = live[3000] = std::byte{0};
  CHECK(same_bytes(twin.data(), live.data(), kPageSize));
}

TEST_CASE("a page that is written with what it had is clean") {
  TrackedBuffer tracked(kPages, MechanismKind::kCompare);
  byte_at(*tracked.view, 3) = 5;
  CHECK(tracked.collect() == Pages{3});
  byte_at(*tracked.view, 3) = 5;
  CHECK(tracked.collect().empty());
}

TEST_CASE("a difference in any byte of a page is found") {
  TrackedBuffer tracked(kPages, MechanismKind::kCompare);
  for (std::size_t offset = 0; offset < kPageSize; ++offset) {
    byte_at(*tracked.view, 7, offset) = 1;
    REQUIRE(tracked.collect() == Pages{7});
  }
}

TEST_CASE("what changes after a collect and changes back is not on the device") {
  TrackedBuffer tracked(kPages, MechanismKind::kCompare);
  DeviceCopy device(tracked.tracker);
  write_there_and_back_around_copy(*tracked.view, device);
  CHECK(device.matches());
}

TEST_CASE("what the device wrote and the CPU read back is no difference") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, "compare");
  const auto whole = fixture.whole();
  device.wait(device.fill(whole, {0, 8 * kPageSize}, 9));
  CHECK(byte_at(*fixture.view, 0) == 9);
  const auto before = fixture.coherent.stats.bytes_updated;
  const auto target = allocate_resource(*device, fixture.buffer->size());
  device.wait(device.copy(whole, target));
  CHECK(fixture.coherent.stats.bytes_updated == before);
  byte_at(*fixture.view, 1, 100) = 3;
  device.wait(device.copy(whole, target));
  CHECK(fixture.coherent.stats.bytes_updated == before + kPageSize);
  CHECK(device.peek(*target, kPageSize + 100) == 3);
  CHECK(device.peek(*target, kPageSize + 99) == 9);
}

TEST_CASE("the twin takes memory for what was ever written") {
  TrackedBuffer tracked(1024, MechanismKind::kCompare);
  CHECK(tracked.tracker.stats().twin_memory == 0);
  byte_at(*tracked.view, 3) = 1;
  byte_at(*tracked.view, 900) = 1;
  tracked.collect();
  CHECK(tracked.tracker.stats().twin_memory == 2 * kPageSize);
}

}  // namespace
}  // namespace mkwrite::test
