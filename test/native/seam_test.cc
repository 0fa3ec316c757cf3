// The interleavings that the lock and the order of a collect's steps forbid, forced one by one: a
// thread is held between two steps while the other side tries.
#include <doctest/doctest.h>

#include <array>
#include <optional>

#include "support/actor.h"
#include "support/device_copy.h"
#include "support/mechanisms.h"
#include "support/seam_hold.h"

using mkwrite::MechanismKind;
using mkwrite::Seam;
using mkwrite::test::Actor;
using mkwrite::test::byte_at;
using mkwrite::test::DeviceCopy;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::SeamHold;
using mkwrite::test::TrackedBuffer;

namespace {

constexpr std::array kCollectSeams{Seam::kCollectBeforeProtect, Seam::kCollectAfterProtect,
                                   Seam::kSoftDirtyBeforeClear, Seam::kCollectAfterTake,
                                   Seam::kSubmitAfterClose,     Seam::kSubmitBeforeOwn,
                                   Seam::kCollectBeforeCopy};

struct Scene {
  explicit Scene(MechanismKind kind) : tracked(4, kind), device(tracked.tracker) {
    byte_at(*tracked.view, 1) = 1;
    byte_at(*tracked.view, 2) = 1;
    device.update();
  }

  /// Whether the device gets what was written so far, and what is written from now on: a page that
  /// was left open without anybody's knowledge would show in the second only.
  bool keeps_up() {
    device.update();
    const bool so_far = device.matches();
    byte_at(*tracked.view, 1, 1) = 4;
    byte_at(*tracked.view, 2, 1) = 4;
    device.update();
    return so_far && device.matches();
  }

  TrackedBuffer tracked;
  DeviceCopy device;
};

/// Holds a collect at `where` while another thread writes `page`. Returns nothing if no collect of
/// this mechanism comes there, else whether the device keeps up.
std::optional<bool> write_while_collect_is_held(MechanismKind kind, Seam where,
                                                mkwrite::PageIndex page) {
  Scene scene(kind);
  byte_at(*scene.tracked.view, 1) = 2;  // open and dirty; page 2 stays armed
  SeamHold hold(where);
  Actor collector([&] { scene.device.update(); });
  while (!hold.reached() && !collector.done()) std::this_thread::yield();
  if (!hold.reached()) return std::nullopt;
  Actor writer([&] { byte_at(*scene.tracked.view, page) = 3; });
  writer.done_or_asleep();
  hold.release();
  writer.join();
  collector.join();
  return scene.keeps_up();
}

/// Holds a fault at `where` while another thread collects.
std::optional<bool> collect_while_fault_is_held(MechanismKind kind, Seam where) {
  Scene scene(kind);
  SeamHold hold(where);
  Actor writer([&] { byte_at(*scene.tracked.view, 1) = 2; });
  while (!hold.reached() && !writer.done()) std::this_thread::yield();
  if (!hold.reached()) return std::nullopt;
  Actor collector([&] { scene.device.update(); });
  collector.done_or_asleep();
  hold.release();
  writer.join();
  collector.join();
  return scene.keeps_up();
}

}  // namespace

TEST_CASE("a write to an open page is not lost, wherever the collect is") {
  for_each_mechanism([](MechanismKind kind) {
    for (const Seam where : kCollectSeams) {
      CAPTURE(static_cast<int>(where));
      CHECK(write_while_collect_is_held(kind, where, 1).value_or(true));
    }
  });
}

TEST_CASE("a write to an armed page is not lost, wherever the collect is") {
  for_each_mechanism([](MechanismKind kind) {
    for (const Seam where : kCollectSeams) {
      CAPTURE(static_cast<int>(where));
      CHECK(write_while_collect_is_held(kind, where, 2).value_or(true));
    }
  });
}

TEST_CASE("every mechanism's collect comes to the seams it has") {
  const auto reached = [](MechanismKind kind, Seam where) {
    return write_while_collect_is_held(kind, where, 1).has_value();
  };
  CHECK(reached(MechanismKind::kWriteFault, Seam::kCollectBeforeProtect));
  CHECK(reached(MechanismKind::kWriteFault, Seam::kCollectAfterProtect));
  CHECK(reached(MechanismKind::kWriteFault, Seam::kSubmitBeforeOwn));
  if (mkwrite::test::available(MechanismKind::kUserfault)) {
    CHECK(reached(MechanismKind::kUserfault, Seam::kCollectBeforeProtect));
    CHECK(reached(MechanismKind::kUserfault, Seam::kCollectAfterTake));
  }
  if (mkwrite::test::available(MechanismKind::kSoftDirty)) {
    CHECK(reached(MechanismKind::kSoftDirty, Seam::kCollectAfterProtect));
    CHECK(reached(MechanismKind::kSoftDirty, Seam::kSoftDirtyBeforeClear));
  }
}

TEST_CASE("a fault that is about to open its page keeps collects out") {
  for_each_mechanism([](MechanismKind kind) {
    for (const Seam where : {Seam::kHandlerBeforeLookup, Seam::kHandlerBeforeOpen}) {
      CAPTURE(static_cast<int>(where));
      CHECK(collect_while_fault_is_held(kind, where).value_or(true));
    }
  });
  CHECK(collect_while_fault_is_held(MechanismKind::kWriteFault, Seam::kHandlerBeforeOpen)
            .has_value());
}

TEST_CASE("a writer waits while a write-fault collect stands between protecting and taking") {
  Scene scene(MechanismKind::kWriteFault);
  byte_at(*scene.tracked.view, 1) = 2;
  SeamHold hold(Seam::kCollectAfterProtect);
  Actor collector([&] { scene.device.update(); });
  hold.wait_reached();
  Actor writer([&] { byte_at(*scene.tracked.view, 1) = 3; });
  CHECK_FALSE(writer.done_or_asleep());
  hold.release();
}

TEST_CASE("a writer goes on while a collect has let go of the lock and copies") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    byte_at(*scene.tracked.view, 1) = 2;
    SeamHold hold(Seam::kCollectBeforeCopy);
    Actor collector([&] { scene.device.update(); });
    hold.wait_reached();
    Actor writer([&] { byte_at(*scene.tracked.view, 1) = 3; });
    writer.join();
    hold.release();
    collector.join();
    CHECK(scene.keeps_up());
  });
}
