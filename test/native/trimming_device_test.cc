// Trimming before a device: what is updated, read back, flushed or refused, and when a slow bus
// makes it begin and end.
#include <doctest/doctest.h>

#include "support/actor.h"
#include "support/coherent_fixture.h"
#include "support/seam_hold.h"
#include "support/trimmed.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 64;

TEST_CASE("what the device wrote and the CPU read back is in the twin") {
  for_each_policy([](std::string_view policy) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, trimming(policy, kPages));
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    device.wait(device.copy(whole, target));
    device.wait(device.fill(whole, {0, 8 * kPageSize}, 9));
    CHECK(byte_at(*fixture.view, 0) == 9);
    const auto before = fixture.coherent.stats.bytes_updated;
    byte_at(*fixture.view, 1, 50) = 9;
    device.wait(device.copy(whole, target));
    CHECK(fixture.coherent.stats.bytes_updated == before);
    byte_at(*fixture.view, 1, 100) = 3;
    device.wait(device.copy(whole, target));
    CHECK(fixture.coherent.stats.bytes_updated == before + kPageSize);
    CHECK(device.peek(*target, kPageSize + 100) == 3);
    CHECK(device.peek(*target, kPageSize + 99) == 9);
  });
}

/// The policies above, and the mechanism compare, which has a twin as well.
template <typename Test>
void for_each_twin(Test&& test) {
  for_each_policy(
      [&](std::string_view policy) { test([policy] { return trimming(policy, kPages); }); });
  test([] { return make_policy("compare", kPages); });
}

TEST_CASE("what invalidate brings back reaches coherent resources that share its bytes") {
  for_each_twin([](auto make) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, make());
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    const auto loose = fixture.coherent.create_resource({0, 2 * kPageSize}, false);
    device.wait(device.copy(whole, target));
    device.wait(device.fill(loose, 7));
    fixture.coherent.invalidate(loose->bytes());
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, kPageSize) == 7);
    CHECK(device.peek(*target, 2 * kPageSize) == 0);
  });
}

TEST_CASE("what flush sent and the CPU changed back is sent again") {
  for_each_twin([](auto make) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, make());
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    byte_at(*fixture.view, 1) = 1;
    device.wait(device.copy(whole, target));
    byte_at(*fixture.view, 1) = 2;
    fixture.coherent.flush({kPageSize, kPageSize});
    byte_at(*fixture.view, 1) = 1;
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, kPageSize) == 1);
  });
}

TEST_CASE("an update that the device refuses is sent with the next submission, though trimmed") {
  for_each_policy([](std::string_view policy) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, trimming(policy, kPages));
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    device.wait(device.copy(whole, target));
    byte_at(*fixture.view, 3) = 5;
    device->refuse_next_update();
    CHECK_THROWS_AS(device.copy(whole, target), Error);
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, 3 * kPageSize) == 5);
  });
}

/// 41 us for a page.
constexpr double kBytesPerSecond = 100e6;

TEST_CASE("what is read back while the twin is filled is in it") {
  const TestDevice device(std::size_t{16} << 20U, std::chrono::seconds(200), kBytesPerSecond);
  const CoherentFixture fixture(device, kPages, make_policy("auto", kPages, kPages * kPageSize));
  const auto whole = fixture.whole();
  const auto target = allocate_resource(*device, fixture.buffer->size());
  const auto copy = [&] {
    return make_copy({whole, {0, whole->size()}}, {target, {0, whole->size()}});
  };
  constexpr PageIndex kCold = 16;
  byte_at(*fixture.view, kCold) = 4;
  for (std::uint8_t frame = 1; frame <= 4; ++frame) {
    for (PageIndex page = 0; page < kCold; ++page) byte_at(*fixture.view, page) = frame;
    std::vector<Command> commands;
    commands.push_back(copy());
    // The last of them, after which the device is known to be slow, leaves a page to the device.
    if (frame == 4) commands.push_back(make_fill({whole, {kCold * kPageSize, kPageSize}}, 9));
    device.wait(submit(*device, std::move(commands)));
  }
  SeamHold hold(Seam::kTrimWhileFilling);
  Actor submitter([&] { device.wait(device.copy(whole, target)); });
  hold.wait_reached();
  REQUIRE(byte_at(*fixture.view, kCold) == 9);
  hold.release();
  submitter.join();
  REQUIRE(fixture.coherent.tracker()->stats().twin_memory != 0);
  // As it was before the device wrote, and when the twin was filled first.
  std::memset(fixture.view->data() + kCold * kPageSize, 0, kPageSize);
  byte_at(*fixture.view, kCold) = 4;
  device.wait(device.copy(whole, target));
  CHECK(device.peek(*target, kCold * kPageSize) == 4);
  CHECK(device.peek(*target, kCold * kPageSize + 1) == 0);
}

TEST_CASE("under auto, trimming begins on a slow bus, ends when it does not pay, begins again") {
  const TestDevice device(std::size_t{16} << 20U, std::chrono::seconds(200), kBytesPerSecond);
  const CoherentFixture fixture(device, kPages, make_policy("auto", kPages, kPages * kPageSize));
  const auto whole = fixture.whole();
  const auto target = allocate_resource(*device, fixture.buffer->size());
  std::uint8_t value = 0;
  const auto run_until = [&](bool trims) {
    for (int frame = 0; (fixture.coherent.tracker()->stats().twin_memory != 0) != trims; ++frame) {
      REQUIRE(frame < 1000);
      ++value;
      for (PageIndex page = 0; page < 16; ++page) byte_at(*fixture.view, page) = value;
      device.wait(device.copy(whole, target));
      for (PageIndex page = 0; page < 16; ++page) {
        REQUIRE(device.peek(*target, page * kPageSize) == value);
      }
    }
  };
  run_until(true);
  run_until(false);
  run_until(true);
}

}  // namespace
}  // namespace mkwrite::test
