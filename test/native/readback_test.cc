// Which device-owned pages come back, when, and what comes along with them.
#include <doctest/doctest.h>

#include <array>

#include "support/actor.h"
#include "support/owned_scene.h"

using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::Seqno;
using mkwrite::test::Actor;
using mkwrite::test::byte_at;
using mkwrite::test::FakeDevice;
using mkwrite::test::for_each_exact_mechanism;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::OwnedScene;
using mkwrite::test::Pages;
using mkwrite::test::word_at;

TEST_CASE("a page is read back once, however many views touch it") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    const auto second = scene.tracked.buffer->create_view();
    scene.device.complete(scene.device.submit({3, 1}));
    CHECK(scene.device_word(3) == 1);
    CHECK(word_at(*second, 3, FakeDevice::kWord) == 1);
    CHECK(scene.device_word(3) == 1);
    CHECK(scene.device.read_backs(3) == 1);
    CHECK(scene.tracked.tracker.stats().pages_read_back == 1);
  });
}

TEST_CASE("a page that nobody touches is never read back, however often the device writes it") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    for (int i = 0; i < 10; ++i) scene.device.complete(scene.device.submit({3, 1}));
    CHECK(scene.device.read_backs(3) == 0);
    CHECK(scene.device_word(3) == 10);
    CHECK(scene.device.read_backs(3) == 1);
  });
}

TEST_CASE("one touch takes the next pages along, and the next touch there twice as many") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    scene.device.complete(scene.device.submit({0, 60}));
    static_cast<void>(scene.device_word(0));
    CHECK(scene.tracked.tracker.stats().pages_read_back == 16);
    for (PageIndex page = 0; page < 60; ++page) CHECK(scene.device_word(page) == 1);
    for (PageIndex page = 0; page < 60; ++page) CHECK(scene.device.read_backs(page) == 1);
    // 16, 32, and the rest.
    CHECK(scene.tracked.tracker.stats().read_faults == 3);
  });
}

TEST_CASE("one touch takes the pages before it along when the CPU reads downwards") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    scene.device.complete(scene.device.submit({3, 40}));
    for (PageIndex page = 43; page-- > 3;) CHECK(scene.device_word(page) == 1);
    for (PageIndex page = 3; page < 43; ++page) CHECK(scene.device.read_backs(page) == 1);
    // 16 and the rest; the first touch is at the end, where nothing follows.
    CHECK(scene.tracked.tracker.stats().read_faults == 2);
  });
}

TEST_CASE("a touch waits for no page but its own") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    scene.device.complete(scene.device.submit({3, 1}));
    const Seqno pending = scene.device.submit({4, 1});
    CHECK(scene.device_word(3) == 1);
    CHECK(scene.device.read_backs(4) == 0);
    scene.device.complete(pending);
    CHECK(scene.device_word(4) == pending);
  });
}

TEST_CASE("a page that was only read after its readback is clean") {
  for_each_exact_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    scene.device.complete(scene.device.submit({3, 8}));
    for (PageIndex page = 3; page < 11; ++page) CHECK(scene.device_word(page) == 1);
    CHECK(scene.tracked.collect() == Pages{});
    byte_at(scene.view(), 7) = 1;
    CHECK(scene.tracked.collect() == Pages{7});
  });
}

TEST_CASE("pages that are disowned are neither waited for nor read back") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    byte_at(scene.view(), 3) = 7;
    scene.device.submit({3, 2});
    scene.tracked.tracker.disown({3, 2});
    scene.tracked.tracker.mark_dirty({3, 1});
    CHECK(byte_at(scene.view(), 3) == 7);
    byte_at(scene.view(), 4) = 8;
    CHECK(scene.device.waits() == 0);
    CHECK(scene.device.read_backs(3) == 0);
    CHECK(scene.tracked.collect() == scene.tracked.expected({3, 4}));
  });
}

TEST_CASE("reading back a range waits for the device, and later touches wait for nothing") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    const Seqno seqno = scene.device.submit({3, 2});
    Actor reader([&] { scene.tracked.tracker.read_back({0, 64}); });
    CHECK_FALSE(reader.done_or_asleep());
    scene.device.complete(seqno);
    reader.join();
    CHECK(scene.device.read_backs(3) == 1);
    const std::uint32_t waits = scene.device.waits();
    CHECK(scene.device_word(3) == seqno);
    CHECK(scene.device_word(4) == seqno);
    CHECK(scene.device.waits() == waits);
    CHECK(scene.device.read_backs(3) == 1);
  });
}
