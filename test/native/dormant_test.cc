// Dormant pages: what cools all at once under the policy "auto" opens again all at once.
#include <doctest/doctest.h>

#include <algorithm>

#include "measure/page_writer.h"
#include "support/actor.h"
#include "support/coherent_fixture.h"
#include "support/device_copy.h"
#include "support/mechanisms.h"
#include "support/racing_round.h"
#include "support/seam_hold.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 2048;
constexpr PageRange kBusy{100, 1000};

/// A program that writes `kBusy` for a while, and nothing for a while.
class Phases {
 public:
  void work(int frames) {
    for (int i = 0; i < frames; ++i) {
      ++stamp_;
      for (PageIndex page = kBusy.first; page < kBusy.end(); ++page) write(page);
      device.update();
    }
  }
  void rest(int frames = 20) {
    for (int i = 0; i < frames; ++i) device.update();
  }
  void write(PageIndex page) { byte_at(view(), page) = stamp_; }
  View& view() const { return *tracked.view; }
  TrackerStats stats() const { return tracked.tracker.stats(); }
  /// Pages left to write faults.
  std::size_t lane_pages() const {
    std::size_t pages = 0;
    for (const auto& row : tracked.tracker.explain()) pages += row.decision.lane_pages;
    return pages;
  }
  /// Works and rests until pages lie dormant.
  void fall_asleep() {
    for (int phase = 0; lane_pages() == 0; ++phase) {
      REQUIRE(phase < 20);
      work(30);
      rest();
      CHECK(device.matches());
    }
  }

  TrackedBuffer tracked{kPages, "auto"};
  DeviceCopy device{tracked.tracker};

 private:
  std::uint8_t stamp_ = 0;
};

bool possible() {
  if (available(MechanismKind::kUserfault)) return true;
  MESSAGE("SKIPPED on this machine: lanes, which need userfault");
  return false;
}

TEST_CASE("what cooled all at once comes back with one fault, and stays open") {
  if (!possible()) return;
  Phases phases;
  phases.fall_asleep();
  const std::size_t dormant = phases.lane_pages();
  CHECK(dormant > kBusy.count * 9 / 10);
  CHECK(dormant <= kBusy.count);
  const TrackerStats before = phases.stats();
  phases.work(1);
  CHECK(phases.device.matches());
  const TrackerStats woken = phases.stats();
  CHECK(woken.write_faults == before.write_faults + 1);
  CHECK(woken.pages_opened_ahead == before.pages_opened_ahead + dormant - 1);
  // It is like any other memory again, and faults no more.
  CHECK(phases.lane_pages() == 0);
  const std::uint64_t faults = minor_faults();
  phases.work(1);
  CHECK(minor_faults() - faults < dormant / 4);
  CHECK(phases.device.matches());
  CHECK(phases.stats().write_faults == woken.write_faults);
  CHECK(phases.stats().pages_kept_open >= woken.pages_kept_open + dormant);
}

TEST_CASE("reading dormant pages or writing beside them wakes nothing") {
  if (!possible()) return;
  Phases phases;
  phases.fall_asleep();
  const std::size_t dormant = phases.lane_pages();
  const std::uint8_t read = byte_at(phases.view(), kBusy.first + 500);
  CHECK(read == byte_at(phases.view(), kBusy.first));
  CHECK(phases.tracked.collect().empty());
  phases.write(kBusy.end() + 50);
  CHECK(phases.tracked.collect() == Pages{kBusy.end() + 50});
  CHECK(phases.lane_pages() == dormant);
}

TEST_CASE("dormant pages sleep on behind the tripwire, and cost no scan") {
  if (!possible()) return;
  Phases phases;
  phases.fall_asleep();
  for (const bool beside : {true, false}) {
    CAPTURE(beside);
    const std::size_t dormant = phases.lane_pages();
    phases.rest(600);
    const std::uint64_t scans = phases.stats().scans;
    phases.rest(10);
    CHECK(phases.stats().scans == scans);
    CHECK(phases.lane_pages() == dormant);
    if (beside) {
      const std::size_t before = phases.device.pages_updated();
      phases.write(3);
      phases.device.update();
      CHECK(phases.device.pages_updated() == before + 1);
      continue;
    }
    phases.work(1);
    CHECK(phases.device.matches());
    CHECK(phases.lane_pages() == 0);
  }
}

TEST_CASE("a write just before its page falls asleep is not lost") {
  if (!possible()) return;
  Phases phases;
  phases.fall_asleep();
  phases.work(30);
  SeamHold hold(Seam::kLaneBeforeProtect);
  Actor collector([&] { phases.rest(); });
  hold.wait_reached();
  byte_at(phases.view(), kBusy.first + 300, 8) = 77;
  hold.release();
  collector.join();
  phases.rest(1);
  CHECK(phases.device.matches());
}

TEST_CASE("what comes back for short only is not waited for any more") {
  if (!possible()) return;
  Phases phases;
  phases.fall_asleep();
  const std::uint64_t before = phases.stats().pages_opened_ahead;
  constexpr int kBursts = 40;
  for (int burst = 0; burst < kBursts; ++burst) {
    phases.work(1);
    phases.rest(10);
    CHECK(phases.device.matches());
  }
  CHECK(phases.stats().pages_opened_ahead - before <= kBursts / 4 * kBusy.count);
}

TEST_CASE("each view has its own dormant pages, and views come and go meanwhile") {
  if (!possible()) return;
  Phases phases;
  std::shared_ptr<View> second = phases.tracked.buffer->create_view();
  phases.fall_asleep();
  phases.work(1);
  for (PageIndex page = kBusy.first; page < kBusy.end(); ++page) byte_at(*second, page, 9) = 5;
  phases.device.update();
  CHECK(phases.device.matches());
  const std::shared_ptr<View> third = phases.tracked.buffer->create_view();
  phases.rest();
  for (const PageIndex page : {kBusy.first + 1, kBusy.first + 400}) {
    byte_at(*third, page, 10) = 6;
    byte_at(*second, page, 11) = 7;
    phases.device.update();
    CHECK(phases.device.matches());
  }
  second.reset();
  phases.work(2);
  CHECK(phases.device.matches());
}

TEST_CASE("under CPU access dormant pages are written without a fault, and arrive") {
  if (!possible()) return;
  Phases phases;
  phases.fall_asleep();
  constexpr PageRange kAccessed{kBusy.first + 10, 20};
  phases.tracked.tracker.begin_access(kAccessed, true);
  const std::uint64_t faults = phases.stats().write_faults;
  for (PageIndex page = kAccessed.first; page < kAccessed.end(); ++page) phases.write(page);
  CHECK(phases.stats().write_faults == faults);
  phases.device.update();
  CHECK(phases.device.matches());
  phases.work(1);
  phases.rest();
  phases.tracked.tracker.end_access(kAccessed, true);
  phases.rest();
  phases.work(3);
  CHECK(phases.device.matches());
}

TEST_CASE("the device may write dormant pages, and the CPU what is left of them") {
  if (!possible()) return;
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, "auto");
  const auto whole = fixture.whole();
  const auto target = allocate_resource(*device, fixture.buffer->size());
  const auto check = [&](PageIndex page) {
    CHECK(device.peek(*target, page * kPageSize) == byte_at(*fixture.view, page));
  };
  for (std::uint8_t round = 1; round < 6; ++round) {
    for (int frame = 0; frame < 30; ++frame) {
      for (PageIndex page = kBusy.first; page < kBusy.end(); ++page) {
        byte_at(*fixture.view, page) = round;
      }
      device.wait(device.copy(whole, target));
    }
    for (int frame = 0; frame < 20; ++frame) device.wait(device.copy(whole, target));
    constexpr PageRange kWritten{kBusy.first + 200, 100};
    device.fill(whole, bytes_of(kWritten), static_cast<std::uint8_t>(100 + round));
    byte_at(*fixture.view, kBusy.first + 5) = static_cast<std::uint8_t>(50 + round);
    byte_at(*fixture.view, kBusy.end() - 5) = static_cast<std::uint8_t>(60 + round);
    CHECK(byte_at(*fixture.view, kWritten.first + 50) == 100 + round);
    device.wait(device.copy(whole, target));
    for (const PageIndex page :
         {kBusy.first + 5, kBusy.end() - 5, kWritten.first + 50, kWritten.end() - 1}) {
      check(page);
    }
  }
}

TEST_CASE("nothing is lost when phases and racing threads share the pages") {
  const Load load{
      .pages = kPages, .writers = 2, .views = 1, .rounds = 6, .writes_per_round = 20'000};
  TrackedBuffer tracked(kPages, "auto");
  DeviceCopy copy(tracked.tracker);
  Writers writers(load, {tracked.view});
  for (int round = 0; round < load.rounds; ++round) {
    // Beyond the words that the writers use.
    for (int frame = 0; frame < 20; ++frame) {
      for (PageIndex page = kBusy.first; page < kBusy.end(); ++page) {
        volatile std::uint8_t& byte = byte_at(*tracked.view, page, kPageSize - 1);
        byte = static_cast<std::uint8_t>(byte + 1);
      }
      copy.update();
    }
    for (int frame = 0; frame < 20; ++frame) copy.update();
    CHECK(arrives_whole(writers, copy));
    CHECK(copy.matches());
  }
}

}  // namespace
}  // namespace mkwrite::test
