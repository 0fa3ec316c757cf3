// Writers against collects. What a collect reports is copied to a device; when the writers rest and
// one more collect is done, the device must hold what the memory holds.
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "support/mechanisms.h"
#include "support/racing_round.h"

using mkwrite::kPageSize;
using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::View;
using mkwrite::test::DeviceCopy;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::Load;
using mkwrite::test::TrackedBuffer;
using mkwrite::test::word_at;
using mkwrite::test::Writers;

namespace {

void race(MechanismKind kind, const Load& load) {
  TrackedBuffer tracked(load.pages, kind);
  DeviceCopy device(tracked.tracker);
  std::vector<std::shared_ptr<View>> views{tracked.view};
  while (views.size() < load.views) views.push_back(tracked.buffer->create_view());
  Writers writers(load, views);
  int lost = 0;
  for (int round = 0; round < load.rounds; ++round) {
    if (!arrives_whole(writers, device)) ++lost;
  }
  CHECK(lost == 0);
  // Were everything always reported, nothing could be lost, and nothing would be tested.
  if (kind != MechanismKind::kFull) {
    CHECK(device.pages_updated() < tracked.tracker.stats().collects * load.pages);
  }
}

}  // namespace

TEST_CASE("nothing is lost when two writers meet thousands of collects on few pages") {
  for_each_mechanism([](MechanismKind kind) {
    race(kind, {.pages = 8, .writers = 2, .views = 1, .rounds = 400, .writes_per_round = 60});
  });
}

TEST_CASE("nothing is lost when four writers meet collects on many pages") {
  for_each_mechanism([](MechanismKind kind) {
    race(kind, {.pages = 1024, .writers = 4, .views = 1, .rounds = 40, .writes_per_round = 200});
  });
}

TEST_CASE("nothing is lost when three writers write through three views") {
  for_each_mechanism([](MechanismKind kind) {
    race(kind, {.pages = 64, .writers = 3, .views = 3, .rounds = 100, .writes_per_round = 80});
  });
}

TEST_CASE("nothing is lost when several threads collect at the same time") {
  for_each_mechanism([](MechanismKind kind) {
    constexpr std::size_t kPages = 64;
    constexpr std::size_t kRounds = 100;
    TrackedBuffer tracked(kPages, kind);
    std::atomic<bool> stop{false};
    // Every report counts a page up; between two reports of a page it may be written any number of
    // times, but a page that was written last must be reported last.
    std::vector<std::atomic<std::uint64_t>> seen(kPages);
    const auto collect = [&] {
      for (const PageIndex page : tracked.collect()) {
        // Through the alias, as whatever copies what was reported.
        std::uint64_t now = 0;
        std::memcpy(&now, tracked.buffer->alias() + page * kPageSize, sizeof now);
        std::uint64_t before = seen[page].load();
        while (before < now && !seen[page].compare_exchange_weak(before, now)) {
        }
      }
    };
    std::thread collector([&] {
      while (!stop.load()) collect();
    });
    int lost = 0;
    for (std::uint64_t round = 1; round <= kRounds; ++round) {
      for (PageIndex page = 0; page < kPages; ++page) word_at(*tracked.view, page) = round;
      collect();
    }
    stop.store(true);
    collector.join();
    collect();
    for (PageIndex page = 0; page < kPages; ++page) {
      if (seen[page].load() != kRounds) ++lost;
    }
    CHECK(lost == 0);
  });
}
