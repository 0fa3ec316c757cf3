// Streams: what collects show of writes that move through memory, and what is opened for them.
#include <doctest/doctest.h>

#include <algorithm>

#include "support/actor.h"
#include "support/device_copy.h"
#include "support/mechanisms.h"
#include "support/seam_hold.h"
#include "support/writers.h"
#include "tracking/streams.h"

namespace mkwrite::test {
namespace {

/// A ring buffer of 10,000 pages as collects see it: pages that are open need no fault.
class Ring {
 public:
  static constexpr std::size_t kPages = 10'000;

  /// One frame that writes `count` pages. Returns how many of them were protected.
  std::size_t frame(std::size_t count) {
    std::size_t faults = 0;
    PageBitmap found(kPages);
    found.add(ahead_, ahead_.all());
    for (std::size_t i = 0; i < count; ++i) {
      const PageIndex page = (next_ + i) % kPages;
      if (!ahead_.test(page)) ++faults;
      found.set(page);
    }
    next_ = (next_ + count) % kPages;
    streams_.observe(found, PageBitmap(kPages), ahead_);
    ahead_.clear();
    streams_.for_each_window([&](PageRange window) {
      const PageRange open = window.intersect(ahead_.all());
      if (open.count < Streams::kSmallestWindow) return PageRange{};
      ahead_.set(PageRange{open.first, open.count - 1});
      return open;
    });
    return faults;
  }
  /// How many pages are open ahead.
  std::size_t opened() const { return ahead_.count(); }

 private:
  Streams streams_;
  PageBitmap ahead_{kPages};
  PageIndex next_ = 0;
};

TEST_CASE("a stream opens its next window once it has gone on where it ended") {
  Ring ring;
  ring.frame(500);
  CHECK(ring.opened() == 0);
  ring.frame(500);
  CHECK(ring.opened() == 499);
  CHECK(ring.frame(500) == 1);
}

TEST_CASE("a steady ring costs a fault per frame, across its end as well") {
  Ring ring;
  for (int frame = 0; frame < 3; ++frame) ring.frame(700);
  std::size_t faults = 0;
  for (int frame = 0; frame < 100; ++frame) faults += ring.frame(700);
  // One for the last page of each window, and what follows the end, once around.
  CHECK(faults <= 100 + 7 * 700);
}

TEST_CASE("a stream that goes around the end is not lost") {
  constexpr std::size_t kFrame = 700;
  Ring ring;
  for (int frame = 0; frame < 3; ++frame) ring.frame(kFrame);
  PageIndex next = 3 * kFrame % Ring::kPages;
  for (int frame = 0; frame < 100; ++frame) {
    const std::size_t faults = ring.frame(kFrame);
    // Pages beyond the end are not opened ahead, but all others are, in the next frame, too.
    const std::size_t beyond = next + kFrame > Ring::kPages ? next + kFrame - Ring::kPages : 0;
    CHECK(faults <= beyond + 1);
    next = (next + kFrame) % Ring::kPages;
  }
}

TEST_CASE("a stream that stops opens nothing more") {
  Ring ring;
  for (int frame = 0; frame < 5; ++frame) ring.frame(700);
  CHECK(ring.opened() > 0);
  ring.frame(0);
  CHECK(ring.opened() == 0);
}

TEST_CASE("a stream that slows down is found again") {
  Ring ring;
  for (int frame = 0; frame < 5; ++frame) ring.frame(700);
  for (int frame = 0; frame < 5; ++frame) ring.frame(300);
  CHECK(ring.frame(300) <= 2);
  CHECK(ring.opened() <= 300);
}

void skip_without_userfault() { MESSAGE("SKIPPED on this machine: lanes, which need userfault"); }

TEST_CASE("under auto, a stream is tracked with hardly a fault, and exactly") {
  if (!available(MechanismKind::kUserfault)) return skip_without_userfault();
  constexpr std::size_t kPages = 4096;
  constexpr std::size_t kFrame = 400;
  TrackedBuffer tracked(kPages, "auto");
  PageIndex next = 0;
  const auto frame = [&](std::uint8_t value) {
    Pages written;
    for (std::size_t i = 0; i < kFrame; ++i, next = (next + 1) % kPages) {
      byte_at(*tracked.view, next) = value;
      written.push_back(next);
    }
    std::ranges::sort(written);
    const Pages found = tracked.collect();
    CHECK(std::ranges::includes(found, written));
    return found.size();
  };
  // Once around, so that all of it is a lane.
  for (std::uint8_t i = 0; i < 14; ++i) frame(i);
  const TrackerStats before = tracked.tracker.stats();
  std::size_t reported = 0;
  for (std::uint8_t i = 0; i < 40; ++i) reported += frame(i);
  const TrackerStats after = tracked.tracker.stats();
  CHECK(after.pages_opened_ahead > before.pages_opened_ahead + 30 * kFrame);
  CHECK(after.write_faults - before.write_faults < 40 * 8);
  CHECK(reported <= 40 * kFrame * 11 / 10);
}

TEST_CASE("lanes end when their stream does, and writes go on being noticed") {
  if (!available(MechanismKind::kUserfault)) return skip_without_userfault();
  constexpr std::size_t kPages = 4096;
  TrackedBuffer tracked(kPages, "auto");
  PageIndex next = 0;
  const auto stream = [&](int frames) {
    for (int i = 0; i < frames; ++i) {
      for (std::size_t j = 0; j < 300; ++j, next = (next + 1) % kPages) {
        byte_at(*tracked.view, next) = static_cast<std::uint8_t>(i);
      }
      tracked.collect();
    }
  };
  for (int round = 0; round < 3; ++round) {
    stream(10);
    CHECK(tracked.tracker.stats().splits > 0);
    // Nothing moves any more; pages here and there are written, inside of lanes and outside.
    for (std::size_t i = 0; i < 100; ++i) {
      const PageIndex page = i * 37 % kPages;
      byte_at(*tracked.view, page) = static_cast<std::uint8_t>(i + 1);
      const Pages found = tracked.collect();
      CHECK(std::ranges::find(found, page) != found.end());
    }
    CHECK(tracked.tracker.stats().splits == 0);
  }
}

TEST_CASE("a write just before its page is left to write faults is not lost") {
  if (!available(MechanismKind::kUserfault)) return skip_without_userfault();
  TrackedBuffer tracked(4096, "auto");
  DeviceCopy device(tracked.tracker);
  device.update();
  const auto stream = [&](PageRange pages) {
    for (PageIndex page = pages.first; page < pages.end(); ++page) byte_at(*tracked.view, page) = 1;
  };
  stream({0, 400});
  device.update();
  stream({400, 400});
  SeamHold hold(Seam::kLaneBeforeProtect);
  Actor collector([&] { device.update(); });
  hold.wait_reached();
  // Behind the window, whose pages are reported in any case, but in the lane.
  byte_at(*tracked.view, 1205) = 7;
  hold.release();
  collector.join();
  device.update();
  CHECK(device.matches());
}

TEST_CASE("nothing is lost when streams and racing threads share the pages") {
  constexpr std::size_t kPages = 2048;
  const Load load{
      .pages = kPages, .writers = 2, .views = 1, .rounds = 6, .writes_per_round = 20'000};
  TrackedBuffer tracked(kPages, "auto");
  DeviceCopy copy(tracked.tracker);
  Writers writers(load, {tracked.view});
  PageIndex next = 0;
  // Beyond the words that the writers use.
  const auto stream = [&] {
    for (std::size_t i = 0; i < 200; ++i, next = (next + 1) % kPages) {
      volatile std::uint8_t& byte = byte_at(*tracked.view, next, kPageSize - 1);
      byte = static_cast<std::uint8_t>(byte + 1);
    }
  };
  for (int round = 0; round < load.rounds; ++round) {
    for (int frame = 0; frame < 5; ++frame) {
      stream();
      copy.update();
    }
    writers.begin_round();
    while (writers.writing()) {
      stream();
      copy.update();
    }
    copy.update();
    CHECK(copy.matches());
  }
}

}  // namespace
}  // namespace mkwrite::test
