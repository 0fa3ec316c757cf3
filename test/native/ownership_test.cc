// Device-owned pages: closed from the submission that writes them until their readback.
#include <doctest/doctest.h>

#include <array>

#include "support/actor.h"
#include "support/owned_scene.h"
#include "support/restless_policy.h"
#include "support/seam_hold.h"

using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::PageRange;
using mkwrite::Seam;
using mkwrite::Seqno;
using mkwrite::test::Actor;
using mkwrite::test::byte_at;
using mkwrite::test::FakeDevice;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::OwnedScene;
using mkwrite::test::Pages;
using mkwrite::test::pages_of;
using mkwrite::test::SeamHold;
using mkwrite::test::TrackedBuffer;
using mkwrite::test::word_at;

namespace {

Pages without(Pages pages, PageRange range) {
  std::erase_if(pages, [&](PageIndex page) { return range.contains(page); });
  return pages;
}

}  // namespace

TEST_CASE("what the device wrote is read by the CPU once the submission is done") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    for (Seqno round = 1; round < 20; ++round) {
      scene.device.complete(scene.device.submit({3, 2}));
      CHECK(scene.device_word(3) == round);
      CHECK(scene.device_word(4) == round);
      CHECK(scene.device_word(5) == 0);
    }
  });
}

TEST_CASE("a touch waits for the submission that writes the page") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    const Seqno seqno = scene.device.submit({3, 1});
    std::uint64_t seen = 99;
    Actor reader([&] { seen = scene.device_word(3); });
    CHECK_FALSE(reader.done_or_asleep());
    scene.device.complete(seqno);
    reader.join();
    CHECK(seen == seqno);
    CHECK(scene.device.waits() == 1);
    CHECK(scene.tracked.tracker.stats().waits == 1);
  });
}

TEST_CASE("a touch that waits blocks no other fault, no collect and no submission") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    const auto second = scene.tracked.buffer->create_view();
    const Seqno first = scene.device.submit({3, 1});
    Actor reader([&] { byte_at(scene.view(), 3) = 1; });
    CHECK_FALSE(reader.done_or_asleep());
    byte_at(scene.view(), 5) = 1;
    byte_at(*second, 6) = 1;
    CHECK(scene.tracked.collect() ==
          (kind == MechanismKind::kFull ? without(pages_of({0, 64}), {3, 1}) : Pages{5, 6}));
    const Seqno other = scene.device.submit({30, 1});
    scene.tracked.buffer->create_view().reset();
    scene.device.complete(first);
    reader.join();
    scene.device.complete(other);
    CHECK(scene.device_word(30) == other);
    CHECK(byte_at(scene.view(), 3) == 1);
  });
}

TEST_CASE("a page that is taken by a second submission while a touch waits is waited for again") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    const Seqno first = scene.device.submit({3, 1});
    SeamHold hold(Seam::kHandlerAfterWait);
    std::uint64_t seen = 99;
    Actor reader([&] { seen = scene.device_word(3); });
    CHECK_FALSE(reader.done_or_asleep());
    scene.device.complete(first);
    hold.wait_reached();
    const Seqno second = scene.device.submit({3, 1});
    hold.release();
    CHECK_FALSE(reader.done_or_asleep());
    scene.device.complete(second);
    reader.join();
    CHECK(seen == second);
  });
}

TEST_CASE("a write to a device-owned page reads back first, and both sides' bytes survive") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    byte_at(scene.view(), 3, 0) = 11;
    const Seqno seqno = scene.device.submit({3, 1});
    CHECK(scene.device.updated() == Pages{3});
    scene.device.complete(seqno);
    byte_at(scene.view(), 3, 1) = 22;
    CHECK(scene.device.read_backs(3) == 1);
    CHECK(byte_at(scene.view(), 3, 0) == 11);
    CHECK(byte_at(scene.view(), 3, 1) == 22);
    CHECK(scene.device_word(3) == seqno);
    CHECK(scene.tracked.collect() == scene.tracked.expected({3}));
  });
}

TEST_CASE("a write that is held before the readback lands on top of it") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    scene.device.complete(scene.device.submit({3, 1}));
    SeamHold hold(Seam::kHandlerBeforeReadback);
    Actor writer([&] { byte_at(scene.view(), 3, 1) = 22; });
    hold.wait_reached();
    Actor other([&] { byte_at(scene.view(), 3, 2) = 33; });
    CHECK_FALSE(other.done_or_asleep());
    hold.release();
    writer.join();
    other.join();
    CHECK(scene.device.read_backs(3) == 1);
    CHECK(byte_at(scene.view(), 3, 1) == 22);
    CHECK(byte_at(scene.view(), 3, 2) == 33);
    CHECK(scene.device_word(3) == 1);
  });
}

TEST_CASE("a device-owned page is never reported") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    byte_at(scene.view(), 3) = 1;
    byte_at(scene.view(), 9) = 1;
    scene.device.submit({3, 2});
    scene.tracked.tracker.mark_dirty({2, 4});
    CHECK(scene.tracked.collect() ==
          (kind == MechanismKind::kFull ? without(pages_of({0, 64}), {3, 2}) : Pages{2, 5, 9}));
    const std::array<PageRange, 1> used{{{0, 64}}};
    scene.device.submit(used, {});
    CHECK(scene.device.updated() == without(scene.tracked.expected({}), {3, 2}));
    scene.device.complete(scene.device.submitted());
  });
}

TEST_CASE("a view created while pages are device-owned is closed there") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    const Seqno seqno = scene.device.submit({3, 2});
    const auto late = scene.tracked.buffer->create_view();
    std::uint64_t seen = 99;
    Actor reader([&] { seen = word_at(*late, 3, FakeDevice::kWord); });
    CHECK_FALSE(reader.done_or_asleep());
    byte_at(*late, 5) = 1;
    scene.device.complete(seqno);
    reader.join();
    CHECK(seen == seqno);
    CHECK(scene.device.read_backs(3) == 1);
  });
}

TEST_CASE("a view that goes leaves the device what it owns") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    auto going = scene.tracked.buffer->create_view();
    const Seqno seqno = scene.device.submit({3, 2});
    going.reset();
    scene.device.complete(seqno);
    CHECK(scene.device_word(3) == seqno);
  });
}

TEST_CASE("a claim that fails owns nothing and has taken nothing") {
  for_each_mechanism([](MechanismKind kind) {
    OwnedScene scene(kind);
    byte_at(scene.view(), 3) = 7;
    const std::array<PageRange, 1> pages{{{3, 2}}};
    CHECK_THROWS_AS(scene.tracked.tracker.validate(
                        pages, pages, [](PageRange) {}, [] { throw std::bad_alloc(); }),
                    std::bad_alloc);
    CHECK(byte_at(scene.view(), 3) == 7);
    CHECK(scene.device.read_backs(3) == 0);
    CHECK(scene.tracked.collect() == scene.tracked.expected({3}));
  });
}

TEST_CASE("a write between closing and owning waits until the claim is complete") {
  for_each_mechanism([](MechanismKind kind) {
    for (const Seam where :
         {Seam::kSubmitAfterClose, Seam::kSubmitBeforeOwn, Seam::kSubmitAfterOwn}) {
      OwnedScene scene(kind);
      byte_at(scene.view(), 3) = 1;
      SeamHold hold(where);
      Seqno seqno = 0;
      Actor submitter([&] { seqno = scene.device.submit({3, 1}); });
      hold.wait_reached();
      Actor writer([&] { byte_at(scene.view(), 3, 1) = 2; });
      CHECK_FALSE(writer.done_or_asleep());
      hold.release();
      submitter.join();
      CHECK_FALSE(writer.done_or_asleep());
      scene.device.complete(seqno);
      writer.join();
      CHECK(scene.device_word(3) == seqno);
      CHECK(byte_at(scene.view(), 3, 0) == 1);
      CHECK(byte_at(scene.view(), 3, 1) == 2);
    }
  });
}

TEST_CASE("owned pages stay owned across changes of mechanism") {
  TrackedBuffer tracked(64, std::make_unique<mkwrite::test::RestlessPolicy>());
  FakeDevice device(tracked.tracker);
  byte_at(*tracked.view, 3) = 1;
  const Seqno seqno = device.submit({3, 2});
  for (int i = 0; i < 7; ++i) {
    const Pages found = tracked.collect();
    CHECK(std::ranges::find(found, 3U) == found.end());
  }
  CHECK(device.read_backs(3) == 0);
  Actor reader([&] { CHECK(word_at(*tracked.view, 3, FakeDevice::kWord) == seqno); });
  CHECK_FALSE(reader.done_or_asleep());
  device.complete(seqno);
  reader.join();
  CHECK(byte_at(*tracked.view, 3) == 1);
}
