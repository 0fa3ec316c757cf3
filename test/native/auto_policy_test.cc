// The policy "auto": what it leaves open, how it finds out that it was wrong, and that nothing is
// lost meanwhile.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <random>
#include <vector>

#include "support/coherent_fixture.h"
#include "support/mechanisms.h"
#include "support/racing_round.h"
#include "tracking/regions.h"
#include "tracking/tracker_state.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 256;

void touch(const View& view, PageIndex page, std::size_t offset = 0) {
  volatile std::uint8_t& byte = byte_at(view, page, offset);
  byte = static_cast<std::uint8_t>(byte + 1);
}

/// Writes and collects `frames` times; returns what the last collect reported.
Pages run_frames(TrackedBuffer& tracked, int frames, const Pages& written) {
  Pages reported;
  for (int frame = 0; frame < frames; ++frame) {
    for (const PageIndex page : written) touch(*tracked.view, page);
    reported = tracked.collect();
    CHECK(std::ranges::includes(reported, written));
  }
  return reported;
}

std::size_t open_pages(const Tracker& tracker) {
  std::size_t open = 0;
  for (const auto& row : tracker.explain()) open += row.decision.open_pages;
  return open;
}

TEST_CASE("pages that are written in every frame stay open") {
  TrackedBuffer tracked(kPages, "auto");
  const Pages hot{3, 4, 70, 200};
  // The dearer copies are beside faults, the more evidence it takes.
  for (int frame = 0; open_pages(tracked.tracker) < hot.size(); ++frame) {
    REQUIRE(frame < 200);
    run_frames(tracked, 1, hot);
  }
  const std::uint64_t before = tracked.tracker.stats().pages_kept_open;
  run_frames(tracked, 4, hot);
  CHECK(tracked.tracker.stats().pages_kept_open > before);
}

TEST_CASE("pages that have cooled are found out and are clean again") {
  TrackedBuffer tracked(kPages, "auto");
  run_frames(tracked, 10, {3, 4, 70, 200});
  int frames = 0;
  while (!tracked.collect().empty()) REQUIRE(++frames < 1000);
  CHECK(open_pages(tracked.tracker) == 0);
  run_frames(tracked, 1, {5});
  for (frames = 0; !tracked.collect().empty();) REQUIRE(++frames < 1000);
}

TEST_CASE("pages that are written now and then never stay open") {
  TrackedBuffer tracked(kPages, "auto");
  for (PageIndex frame = 0; frame < 200; ++frame) {
    const Pages written{(frame * 37) % kPages};
    for (const PageIndex page : written) touch(*tracked.view, page);
    CHECK(tracked.collect() == written);
  }
  CHECK(open_pages(tracked.tracker) == 0);
}

TEST_CASE("what is rewritten as a whole stays open, but for the pages under a look") {
  TrackedBuffer tracked(kPages, "auto");
  const Pages all = pages_of({0, kPages});
  run_frames(tracked, 100, all);
  const TrackerStats before = tracked.tracker.stats();
  run_frames(tracked, 100, all);
  const TrackerStats after = tracked.tracker.stats();
  CHECK(open_pages(tracked.tracker) >= kPages - kPages / Regions::kPages);
  // A sixteenth of the pages at most is looked at in the mean of these collects.
  CHECK(after.looks > before.looks);
  CHECK((after.looks - before.looks) * 16 <= 100 * kPages);
}

TEST_CASE("pages that stay hot are looked at ever more rarely, and never more often again") {
  TrackedBuffer tracked(kPages, "auto");
  const Pages all = pages_of({0, kPages});
  run_frames(tracked, 1000, all);
  const std::uint64_t before = tracked.tracker.stats().looks;
  constexpr int kFrames = 500;
  run_frames(tracked, kFrames, all);
  // Looks are bounded by what they cost beside copying, which differs from machine to machine, but
  // by one in four collects in any case.
  const std::uint64_t looks = tracked.tracker.stats().looks - before;
  CHECK(looks > 0);
  CHECK(looks <= kFrames / 4 * kPages / Regions::kPages);
}

TEST_CASE("a large buffer object that is rewritten and then left alone is found out at once") {
  constexpr std::size_t kManyPages = 8192;
  TrackedBuffer tracked(kManyPages, "auto");
  const Pages all = pages_of({0, kManyPages});
  for (int frame = 0; frame < 150; ++frame) {
    for (const PageIndex page : all) touch(*tracked.view, page);
    static_cast<void>(tracked.collect());
  }
  // Samples of each region are tens of collects apart, but not of all regions the same.
  int in_vain = 0;
  while (tracked.collect().size() > kManyPages / 2) REQUIRE(++in_vain < 8);
}

// Which word of a page is written.
std::optional<std::size_t> nowhere(PageIndex /*page*/) { return std::nullopt; }
std::optional<std::size_t> at_the_front(PageIndex /*page*/) { return 0; }
std::optional<std::size_t> somewhere(PageIndex page) {
  return page * 8 % (kPageSize / sizeof(std::uint64_t));
}

/// Regions by themselves, at fixed prices: what is best depends on them, and calibration sees the
/// sanitizers. What is open is reported, and so is what is written.
class PricedRegions {
 public:
  explicit PricedRegions(std::size_t pages)
      : buffer_(BufferObject::create(pages * kPageSize)),
        state_(*buffer_),
        regions_(pages, {.fault = {.in_a_row = 900, .alone = 3600}, .copy = 200, .glance = 15}) {}

  /// One frame, in which `written` says of each page whether it is written, and `place` with which
  /// of its words, if its contents change.
  template <typename Written, typename Place>
  void frame(Written&& written, Place&& place) {
    ++stamp_;
    state_.harvested = state_.hot;
    for (PageIndex page = 0; page < buffer_->pages(); ++page) {
      if (!written(page)) continue;
      if (const std::optional<std::size_t> word = place(page)) {
        std::memcpy(buffer_->alias() + page * kPageSize + *word * sizeof stamp_, &stamp_,
                    sizeof stamp_);
      }
      ++written_;
      if (!state_.hot.test(page)) ++faults_;
      state_.harvested.set(page);
    }
    reported_ += state_.harvested.count();
    regions_.decide(state_, buffer_->all_pages(), true);
  }
  template <typename Written>
  void frame(Written&& written) {
    frame(written, nowhere);
  }
  void restart() {
    written_ = reported_ = faults_ = 0;
    glances_before_ = state_.stats.glances;
    snapshots_before_ = state_.stats.snapshots;
  }
  std::size_t written() const { return written_; }
  std::size_t reported() const { return reported_; }
  std::size_t faults() const { return faults_; }
  std::size_t glances() const { return state_.stats.glances - glances_before_; }
  std::size_t snapshots() const { return state_.stats.snapshots - snapshots_before_; }

 private:
  std::shared_ptr<BufferObject> buffer_;
  TrackerState state_;
  Regions regions_;
  std::size_t written_ = 0;
  std::size_t reported_ = 0;
  std::size_t faults_ = 0;
  std::size_t glances_before_ = 0;
  std::size_t snapshots_before_ = 0;
  std::uint64_t stamp_ = 0;
};

/// A tenth of the pages, of which one in fifty is replaced in each frame.
class DriftingSet {
 public:
  explicit DriftingSet(std::size_t pages) : pages_(pages), is_in_(pages) {
    while (set_.size() < pages / 10) set_.push_back(draw());
  }
  void drift() {
    for (std::size_t i = 0; i < replaced(); ++i) {
      PageIndex& page = set_[random_() % set_.size()];
      is_in_[page] = false;
      page = draw();
    }
  }
  std::size_t replaced() const { return set_.size() / 50; }
  bool contains(PageIndex page) const { return is_in_[page]; }

 private:
  PageIndex draw() {
    PageIndex page = 0;
    do page = random_() % pages_;
    while (is_in_[page]);
    is_in_[page] = true;
    return page;
  }

  std::size_t pages_;
  std::vector<bool> is_in_;
  std::vector<PageIndex> set_;
  std::minstd_rand random_{1};
};

/// What a drifting set takes when pages tell of themselves, or do not.
struct Drifted {
  double reported;   ///< for each page that was written
  double faults;     ///< for each page that was replaced
  double glances;    ///< for each page that was written
  double snapshots;  ///< for each page that was replaced
};
template <typename Place>
Drifted drift(Place&& place) {
  constexpr std::size_t kManyPages = 4096;
  constexpr int kFrames = 600;
  constexpr int kSettled = 200;
  PricedRegions regions(kManyPages);
  DriftingSet set(kManyPages);
  for (int frame = 0; frame < kFrames; ++frame) {
    if (frame == kSettled) regions.restart();
    set.drift();
    regions.frame([&](PageIndex page) { return set.contains(page); }, place);
  }
  const auto written = static_cast<double>(regions.written());
  const double replaced = static_cast<double>(set.replaced()) * (kFrames - kSettled);
  return {static_cast<double>(regions.reported()) / written,
          static_cast<double>(regions.faults()) / replaced,
          static_cast<double>(regions.glances()) / written,
          static_cast<double>(regions.snapshots()) / replaced};
}

TEST_CASE("where a copy costs a quarter of a fault, it takes five frames until pages stay open") {
  PricedRegions regions(kPages);
  const Pages hot{3, 4, 70, 200};
  const auto frame = [&] {
    regions.frame([&](PageIndex page) { return std::ranges::find(hot, page) != hot.end(); });
  };
  for (int i = 0; i < 5; ++i) frame();
  regions.restart();
  frame();
  CHECK(regions.faults() == 0);
  CHECK(regions.reported() == hot.size());
}

TEST_CASE("what a word tells of pages that are written needs no look") {
  const Drifted silent = drift(nowhere);
  const Drifted telling = drift(at_the_front);
  MESSAGE("silent: ", silent.reported, " reported, ", silent.faults, " faults, ", silent.glances,
          " glances; telling: ", telling.reported, ", ", telling.faults, ", ", telling.glances);
  CHECK(telling.reported < 1.1);
  CHECK(telling.faults < 1.5);
  CHECK(telling.glances < 1);
  CHECK(telling.snapshots < 0.1);
  CHECK(silent.reported > 1.15);
  CHECK(silent.faults > 2);
  CHECK(silent.glances < 0.1);
}

TEST_CASE("a snapshot finds out which word of a page tells") {
  const Drifted telling = drift(somewhere);
  MESSAGE(telling.reported, " reported, ", telling.faults, " faults, ", telling.glances,
          " glances, ", telling.snapshots, " snapshots");
  CHECK(telling.reported < 1.15);
  CHECK(telling.faults < 1.75);
  CHECK(telling.glances < 1);
  CHECK(telling.snapshots < 1.25);
}

TEST_CASE("few snapshots are taken where nothing tells") { CHECK(drift(nowhere).snapshots < 0.25); }

TEST_CASE("regions whose words tell nothing are looked at as rarely as if none did") {
  const Drifted silent = drift(nowhere);
  const Drifted telling = drift(at_the_front);
  const Drifted mixed = drift([](PageIndex page) {
    return page / Regions::kPages % 2 == 0 ? at_the_front(page) : nowhere(page);
  });
  CHECK(mixed.reported < (silent.reported + telling.reported) / 2 * 1.05);
  CHECK(mixed.faults < (silent.faults + telling.faults) / 2 * 1.2);
}

TEST_CASE("where pages cool all the time, few are reported after that") {
  // Eight pages of each region; page i moves in every eighth frame, to where no page of the region
  // has been for long.
  constexpr PageIndex kHot = 8;
  PricedRegions regions(kPages);
  for (PageIndex frame = 0; frame < 600; ++frame) {
    if (frame == 200) regions.restart();
    regions.frame([&](PageIndex page) {
      const PageIndex i = page % kHot;
      return page % Regions::kPages / kHot == (frame + i) / kHot * 5 % kHot;
    });
  }
  CHECK(regions.reported() < 3 * regions.written());
}

TEST_CASE("a window that moves on takes few copies and few faults beyond its own") {
  constexpr std::size_t kManyPages = 4096;
  constexpr std::size_t kWindow = 512;
  constexpr std::size_t kStep = 32;
  PricedRegions regions(kManyPages);
  for (PageIndex frame = 0; frame < 600; ++frame) {
    if (frame == 200) regions.restart();
    const PageIndex first = frame * kStep;
    regions.frame([&](PageIndex page) {
      return (page + kManyPages - first % kManyPages) % kManyPages < kWindow;
    });
  }
  CHECK(regions.reported() < regions.written() * 9 / 8);
  CHECK(regions.faults() < 400 * kStep * 3 / 2);
}

TEST_CASE("what is written in phases is soon found to have paused, in whatever phase") {
  constexpr std::size_t kManyPages = 2048;
  for (const PageIndex busy : {8, 12, 31}) {
    CAPTURE(busy);
    constexpr std::size_t kQuiet = 12;
    PricedRegions regions(kManyPages);
    constexpr std::size_t kPhases = 40;
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
      for (PageIndex frame = 0; frame < busy; ++frame) {
        regions.frame([](PageIndex page) { return page < kManyPages / 2; });
      }
      for (std::size_t frame = 0; frame < kQuiet; ++frame) {
        regions.frame([](PageIndex /*page*/) { return false; });
      }
    }
    // A sample finds one page cold, the next ones all regions, and then everything is looked at.
    CHECK(regions.reported() - regions.written() <= kPhases * 7 / 2 * kManyPages / 2);
  }
}

TEST_CASE("an idle buffer object costs no scan, and its next write is reported") {
  if (!available(MechanismKind::kUserfault)) {
    MESSAGE("SKIPPED on this machine: the tripwire, which needs userfault");
    return;
  }
  TrackedBuffer tracked(kPages, "auto");
  run_frames(tracked, 1, {7});
  for (int round = 0; round < 5; ++round) {
    for (int frame = 0; frame < 600; ++frame) CHECK(tracked.collect().empty());
    const std::uint64_t scans = tracked.tracker.stats().scans;
    for (int frame = 0; frame < 10; ++frame) CHECK(tracked.collect().empty());
    CHECK(tracked.tracker.stats().scans == scans);
    for (const PageIndex page : {PageIndex{9}, PageIndex{100}}) {
      touch(*tracked.view, page);
      CHECK(tracked.collect() == Pages{page});
    }
  }
}

/// Rounds of racing writers, with `rest` collects of nothing in between.
void check_nothing_lost(const Load& load, int rest) {
  TrackedBuffer tracked(load.pages, "auto");
  DeviceCopy copy(tracked.tracker);
  Writers writers(load, {tracked.view});
  for (int round = 0; round < load.rounds; ++round) {
    CHECK(arrives_whole(writers, copy));
    for (int i = 0; i < rest; ++i) copy.update();
    CHECK(copy.matches());
  }
}

TEST_CASE("nothing is lost when a quiet buffer object is written again and again") {
  check_nothing_lost({kPages, 2, 1, 40, 20}, 30);
}

TEST_CASE("nothing is lost when hot pages are written by racing threads") {
  check_nothing_lost({8, 3, 1, 20, 20'000}, 2);
}

TEST_CASE("nothing is lost when hot and cold pages are written by racing threads") {
  check_nothing_lost({1000, 3, 1, 10, 20'000}, 2);
}

TEST_CASE("device-owned pages are not kept open") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, "auto");
  const auto whole = fixture.whole();
  const auto target = allocate_resource(*device, fixture.buffer->size());
  for (int round = 0; round < 30; ++round) {
    for (int frame = 0; frame < 5; ++frame) {
      for (PageIndex page = 0; page < 8; ++page) touch(*fixture.view, page, 1);
      device.wait(device.copy(whole, target));
      CHECK(device.peek(*target, 5 * kPageSize + 1) == byte_at(*fixture.view, 5, 1));
    }
    device.fill(whole, {2 * kPageSize, 4 * kPageSize}, static_cast<std::uint8_t>(round));
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, 5 * kPageSize) == round);
    CHECK(byte_at(*fixture.view, 5) == round);
  }
}

TEST_CASE("an idle buffer object that the device writes is read back") {
  const TestDevice device;
  const CoherentFixture fixture(device, kPages, "auto");
  const auto whole = fixture.whole();
  const auto target = allocate_resource(*device, fixture.buffer->size());
  for (int frame = 0; frame < 20; ++frame) device.wait(device.copy(whole, target));
  device.wait(device.fill(whole, {0, 2 * kPageSize}, 9));
  CHECK(byte_at(*fixture.view, 1) == 9);
  byte_at(*fixture.view, 0) = 1;
  byte_at(*fixture.view, 100) = 2;
  device.wait(device.copy(whole, target));
  CHECK(device.peek(*target, 0) == 1);
  CHECK(device.peek(*target, 1) == 9);
  CHECK(device.peek(*target, 100 * kPageSize) == 2);
}

}  // namespace
}  // namespace mkwrite::test
