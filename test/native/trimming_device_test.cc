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

/// A buffer object that a resource covers, and a target to copy it to.
struct Scene {
  explicit Scene(std::unique_ptr<Policy> policy, double bandwidth = 0)
      : device(std::size_t{16} << 20U, std::chrono::seconds(200), bandwidth),
        fixture(device, kPages, std::move(policy)),
        whole(fixture.whole()),
        target(allocate_resource(*device, fixture.buffer->size())) {}
  void copy() const { device.wait(device.copy(whole, target)); }

  const TestDevice device;
  const CoherentFixture fixture;
  const std::shared_ptr<Resource> whole;
  const std::shared_ptr<Resource> target;
};

TEST_CASE("what the device wrote and the CPU read back is in the twin") {
  for_each_policy([](std::string_view policy) {
    const Scene scene(trimming(policy, kPages));
    const auto& [device, fixture, whole, target] = scene;
    scene.copy();
    device.wait(device.fill(whole, {0, 8 * kPageSize}, 9));
    CHECK(byte_at(*fixture.view, 0) == 9);
    const auto before = fixture.coherent.stats.bytes_updated;
    byte_at(*fixture.view, 1, 50) = 9;
    scene.copy();
    CHECK(fixture.coherent.stats.bytes_updated == before);
    byte_at(*fixture.view, 1, 100) = 3;
    scene.copy();
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
    const Scene scene(make());
    const auto& [device, fixture, whole, target] = scene;
    const auto loose = fixture.coherent.create_resource({0, 2 * kPageSize}, false);
    scene.copy();
    device.wait(device.fill(loose, 7));
    fixture.coherent.invalidate(loose->bytes());
    scene.copy();
    CHECK(device.peek(*target, kPageSize) == 7);
    CHECK(device.peek(*target, 2 * kPageSize) == 0);
  });
}

TEST_CASE("what flush sent and the CPU changed back is sent again") {
  for_each_twin([](auto make) {
    const Scene scene(make());
    const auto& [device, fixture, whole, target] = scene;
    byte_at(*fixture.view, 1) = 1;
    scene.copy();
    byte_at(*fixture.view, 1) = 2;
    fixture.coherent.flush({kPageSize, kPageSize});
    byte_at(*fixture.view, 1) = 1;
    scene.copy();
    CHECK(device.peek(*target, kPageSize) == 1);
  });
}

TEST_CASE("an update that the device refuses is sent with the next submission, though trimmed") {
  for_each_policy([](std::string_view policy) {
    const Scene scene(trimming(policy, kPages));
    const auto& [device, fixture, whole, target] = scene;
    scene.copy();
    byte_at(*fixture.view, 3) = 5;
    device->refuse_next_update();
    CHECK_THROWS_AS(device.copy(whole, target), Error);
    scene.copy();
    CHECK(device.peek(*target, 3 * kPageSize) == 5);
  });
}

/// 41 us for a page.
constexpr double kBytesPerSecond = 100e6;

TEST_CASE("what is read back while the twin is filled is in it") {
  const Scene scene(make_policy("auto", kPages, kPages * kPageSize), kBytesPerSecond);
  const TestDevice& device = scene.device;
  const CoherentFixture& fixture = scene.fixture;
  const auto& whole = scene.whole;
  const auto& target = scene.target;
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
  Actor submitter([&] { scene.copy(); });
  hold.wait_reached();
  REQUIRE(byte_at(*fixture.view, kCold) == 9);
  hold.release();
  submitter.join();
  REQUIRE(fixture.coherent.tracker()->stats().twin_memory != 0);
  // As it was before the device wrote, and when the twin was filled first.
  std::memset(fixture.view->data() + kCold * kPageSize, 0, kPageSize);
  byte_at(*fixture.view, kCold) = 4;
  scene.copy();
  CHECK(device.peek(*target, kCold * kPageSize) == 4);
  CHECK(device.peek(*target, kCold * kPageSize + 1) == 0);
}

TEST_CASE("under auto, trimming begins on a slow bus, ends when it does not pay, begins again") {
  const Scene scene(make_policy("auto", kPages, kPages * kPageSize), kBytesPerSecond);
  const TestDevice& device = scene.device;
  const CoherentFixture& fixture = scene.fixture;
  const auto& target = scene.target;
  std::uint8_t value = 0;
  const auto run_until = [&](bool trims) {
    for (int frame = 0; (fixture.coherent.tracker()->stats().twin_memory != 0) != trims; ++frame) {
      REQUIRE(frame < 1000);
      ++value;
      for (PageIndex page = 0; page < 16; ++page) byte_at(*fixture.view, page) = value;
      scene.copy();
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
