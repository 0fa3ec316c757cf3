// Resources, ownership and updates with a real emulated device behind them (rules 6 and 7,
// promises C3 and C5).
#include <doctest/doctest.h>

#include "support/actor.h"
#include "support/coherent_fixture.h"
#include "support/mechanisms.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 16;

TEST_CASE("a page shared by two resources stays dirty for the one that was not used") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const std::size_t border = 3 * kPageSize + 100;
    const auto first = fixture.resource({0, border});
    const auto second = fixture.resource({border, 5 * kPageSize});
    const auto target = allocate_resource(*device, fixture.buffer->size());
    device.wait(device.copy(first, target));
    device.wait(device.copy(second, target));

    byte_at(*fixture.view, 3, 99) = 1;
    byte_at(*fixture.view, 3, 100) = 2;
    device.wait(device.copy(first, target));
    CHECK(device.peek(*target, border - 1) == 1);
    device.wait(device.copy(second, target));
    CHECK(device.peek(*target, 0) == 2);
  });
}

TEST_CASE("a resource's update and readback keep to its bytes") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto left = fixture.resource({0, kPageSize + 100});
    const auto right = fixture.resource({kPageSize + 100, kPageSize});
    byte_at(*fixture.view, 1, 99) = 1;
    byte_at(*fixture.view, 1, 100) = 2;
    device.wait(device.fill(left, 7));
    CHECK(byte_at(*fixture.view, 1, 99) == 7);
    CHECK(byte_at(*fixture.view, 1, 100) == 2);
    device.wait(device.fill(right, 8));
    CHECK(byte_at(*fixture.view, 1, 99) == 7);
    CHECK(byte_at(*fixture.view, 1, 100) == 8);
  });
}

TEST_CASE("both resources of a border page may be device-owned at once") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto left = fixture.resource({0, kPageSize + 100});
    const auto right = fixture.resource({kPageSize + 100, kPageSize});
    device->pause();
    device.fill(left, 7);
    const Seqno last = device.fill(right, 8);
    device->resume();
    device.wait(last);
    CHECK(byte_at(*fixture.view, 1, 99) == 7);
    CHECK(byte_at(*fixture.view, 1, 100) == 8);
  });
}

TEST_CASE("a device-owned page is never uploaded, whatever the mechanism reports") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    byte_at(*fixture.view, 2) = 1;
    device.wait(device.fill(whole, 9));
    for (int round = 0; round < 3; ++round) device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, 2 * kPageSize) == 9);
    CHECK(device.peek(*target, 5 * kPageSize) == 9);
    CHECK(byte_at(*fixture.view, 2) == 9);
  });
}

TEST_CASE("an update that the device refuses keeps its dirt, and the CPU keeps its pages") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    byte_at(*fixture.view, 2, 1) = 5;
    device->refuse_next_update();
    CHECK_THROWS_AS(device.fill(whole, {2 * kPageSize, 1}, 6), Error);
    CHECK(byte_at(*fixture.view, 2, 0) == 0);
    CHECK(byte_at(*fixture.view, 2, 1) == 5);
    byte_at(*fixture.view, 3) = 4;
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, 2 * kPageSize + 1) == 5);
    CHECK(device.peek(*target, 3 * kPageSize) == 4);
  });
}

TEST_CASE("a refused update leaves pages that the device owned before with the device") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, MechanismKind::kWriteFault);
  const auto whole = fixture.whole();
  device.wait(device.fill(whole, {0, 4 * kPageSize}, 3));
  byte_at(*fixture.view, 9) = 1;
  device->refuse_next_update();
  CHECK_THROWS_AS(device.fill(whole, {2 * kPageSize, 8 * kPageSize}, 6), Error);
  CHECK(byte_at(*fixture.view, 1) == 3);
  CHECK(byte_at(*fixture.view, 3) == 3);
  CHECK(byte_at(*fixture.view, 9) == 1);
}

TEST_CASE("resources that share bytes see each other's writes in the next submission") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto whole = fixture.whole();
    const auto part = fixture.resource({kPageSize / 2, 2 * kPageSize});
    const auto target = allocate_resource(*device, fixture.buffer->size());
    device.wait(device.copy(whole, target));
    device.fill(part, 4);
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, kPageSize) == 4);
    device.fill(whole, 6);
    device.wait(device.copy(part, target));
    CHECK(device.peek(*target, 0) == 6);
    CHECK(byte_at(*fixture.view, 1) == 6);
  });
}

TEST_CASE("one submission cannot write one of two resources that share bytes") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, MechanismKind::kWriteFault);
  const auto whole = fixture.whole();
  const auto part = fixture.resource({0, kPageSize});
  std::vector<Command> commands;
  commands.push_back(make_fill({part, {0, 8}}, 1));
  commands.push_back(make_fill({whole, {kPageSize, 8}}, 1));
  CHECK_THROWS_AS(submit(*device, std::move(commands)), Error);
}

TEST_CASE("buffer objects larger than device memory in sum take turns") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device(3 * kPages * kPageSize);
    std::vector<std::unique_ptr<CoherentFixture>> fixtures;
    std::vector<std::shared_ptr<Resource>> resources;
    for (int i = 0; i < 5; ++i) {
      fixtures.push_back(std::make_unique<CoherentFixture>(device, kPages, kind));
      resources.push_back(fixtures.back()->whole());
    }
    const auto target = allocate_resource(*device, kPages * kPageSize);
    for (std::uint8_t round = 1; round <= 4; ++round) {
      for (std::size_t i = 0; i < fixtures.size(); ++i) {
        // The device's byte and the CPU's byte of one page, in whatever has been evicted meanwhile.
        device.fill(resources[i], {3 * kPageSize, 1}, static_cast<std::uint8_t>(10 * i + round));
        byte_at(*fixtures[i]->view, 3, 1) = round;
      }
    }
    for (std::size_t i = 0; i < fixtures.size(); ++i) {
      device.wait(device.copy(resources[i], target));
      CHECK(device.peek(*target, 3 * kPageSize) == 10 * i + 4);
      CHECK(device.peek(*target, 3 * kPageSize + 1) == 4);
    }
    CHECK(device->memory().used() <= device->memory().limit());
  });
}

TEST_CASE("what cannot fit at once is a typed error, and nothing is lost") {
  const TestDevice device(kPages * kPageSize);
  const CoherentFixture first(device, kPages, MechanismKind::kWriteFault);
  const CoherentFixture second(device, kPages, MechanismKind::kWriteFault);
  const auto from = first.whole();
  const auto to = second.whole();
  byte_at(*first.view, 0) = 3;
  CHECK_THROWS_AS(device.copy(from, to), Error);
  device.wait(device.fill(from, {1, 1}, 4));
  CHECK(byte_at(*first.view, 0) == 3);
  CHECK(byte_at(*first.view, 0, 1) == 4);
}

TEST_CASE("writes of the device that go on do not protect again") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, MechanismKind::kWriteFault);
  const auto whole = fixture.whole();
  device.wait(device.fill(whole, 1));
  const std::uint64_t before = fixture.coherent.tracker()->stats().protect_calls;
  for (std::uint8_t value = 2; value < 10; ++value) device.wait(device.fill(whole, value));
  CHECK(fixture.coherent.tracker()->stats().protect_calls == before);
  CHECK(fixture.coherent.tracker()->stats().pages_read_back == 0);
}

/// How many pages a touch of `page` reads back where the device wrote two resources of 4 pages.
std::uint64_t pages_read_back_by_touch_of(PageIndex page, std::uint8_t expected) {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, MechanismKind::kWriteFault);
  const auto first = fixture.resource({0, 4 * kPageSize});
  const auto second = fixture.resource({4 * kPageSize, 4 * kPageSize});
  device.fill(first, 1);
  device.wait(device.fill(second, 2));
  CHECK(byte_at(*fixture.view, page) == expected);
  return fixture.coherent.tracker()->stats().pages_read_back;
}

TEST_CASE("readback stops at the end of the resource that was touched") {
  CHECK(pages_read_back_by_touch_of(1, 1) == 3);
}

TEST_CASE("readback downwards stops at the beginning of the resource that was touched") {
  CHECK(pages_read_back_by_touch_of(7, 2) == 4);
}

TEST_CASE("with advice for random access one touch reads one page back") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, MechanismKind::kWriteFault);
  const auto whole = fixture.whole();
  fixture.coherent.tracker()->set_read_back_pages(1);
  device.wait(device.fill(whole, 1));
  CHECK(byte_at(*fixture.view, 1) == 1);
  CHECK(fixture.coherent.tracker()->stats().pages_read_back == 1);
}

TEST_CASE("a resource that goes leaves what the device wrote in the buffer object") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto resource = fixture.resource({100, kPageSize});
    device.fill(resource, 5);
    fixture.coherent.destroy_resource(resource);
    CHECK(byte_at(*fixture.view, 0, 99) == 0);
    CHECK(byte_at(*fixture.view, 0, 100) == 5);
  });
}

TEST_CASE("pages under CPU access cannot be claimed, and are dirty until it ends") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    device.wait(device.fill(whole, 1));
    Tracker& tracker = *fixture.coherent.tracker();
    tracker.begin_access({2, 2}, true);
    CHECK(byte_at(*fixture.view, 2) == 1);
    CHECK_THROWS_AS(device.fill(whole, 2), Error);
    for (std::uint8_t value = 3; value < 6; ++value) {
      byte_at(*fixture.view, 2) = value;
      device.wait(device.copy(whole, target));
      CHECK(device.peek(*target, 2 * kPageSize) == value);
    }
    byte_at(*fixture.view, 3) = 9;
    tracker.end_access({2, 2}, true);
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, 3 * kPageSize) == 9);
    device.wait(device.fill(whole, 2));
    CHECK(byte_at(*fixture.view, 2) == 2);
  });
}

}  // namespace
}  // namespace mkwrite::test
