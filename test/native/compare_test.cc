// compare: what differs from the twin was written, and the device gets what the twin has.
#include <doctest/doctest.h>

#include "support/coherent_fixture.h"
#include "support/device_copy.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 64;

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
