// Run-ahead: which pages open along with one that faulted, and that over-reports stay bounded.
#include <doctest/doctest.h>

#include "support/tracked_buffer.h"
#include "tracking/run_ahead.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 4096;

/// Faults of a writer of `count` pages from `first` on, in steps of 1 or -1. Returns how many.
std::size_t write_pages(RunAhead& run_ahead, PageIndex first, std::size_t count, int step) {
  std::vector<bool> open(kPages);
  std::size_t faults = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const PageIndex page = step > 0 ? first + i : first - i;
    if (open[page]) continue;
    ++faults;
    const PageRange window = run_ahead.on_fault(page, kPages).window;
    REQUIRE(window.contains(page));
    REQUIRE(window.end() <= kPages);
    REQUIRE(window.count <= RunAhead::kLargestWindow);
    for (PageIndex at = window.first; at < window.end(); ++at) open[at] = true;
  }
  return faults;
}

TEST_CASE("a page that follows none opens alone") {
  RunAhead run_ahead;
  for (const PageIndex page : {10U, 500U, 20U, 4095U, 0U, 300U, 12U, 700U, 14U, 1000U, 2000U}) {
    CHECK(run_ahead.on_fault(page, kPages).window == PageRange{page, 1});
  }
}

TEST_CASE("windows of a sequence double, up and down") {
  for (const int step : {1, -1}) {
    RunAhead run_ahead;
    // Eight alone, then 2 + 4 + 8 + 16 + 32, then 64 at a time.
    CHECK(write_pages(run_ahead, 2000, 8 + 62 + 10 * 64, step) == 8 + 5 + 10);
  }
}

TEST_CASE("several sequences are followed at once") {
  RunAhead run_ahead;
  std::vector<bool> open(kPages);
  std::size_t faults = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    for (const PageIndex page : {i, 1000 + i, 2500 - i}) {
      if (open[page]) continue;
      ++faults;
      const PageRange window = run_ahead.on_fault(page, kPages).window;
      for (PageIndex at = window.first; at < window.end(); ++at) open[at] = true;
    }
  }
  CHECK(faults <= 3 * (8 + 5 + 7));
}

TEST_CASE("a window is confirmed by the fault behind it, and by no other") {
  RunAhead run_ahead;
  for (PageIndex page = 0; page < 8; ++page) run_ahead.on_fault(page, kPages);
  CHECK(run_ahead.on_fault(8, kPages).window == PageRange{8, 2});
  CHECK(run_ahead.on_fault(900, kPages).confirmed.empty());
  CHECK(run_ahead.on_fault(10, kPages).confirmed == PageRange{8, 2});
}

TEST_CASE("a sequence of a few pages per collect stays exact") {
  RunAhead run_ahead;
  for (PageIndex page = 0; page < 200; ++page) {
    CHECK(run_ahead.on_fault(page, kPages).window == PageRange{page, 1});
    run_ahead.collected();
  }
}

TEST_CASE("a long sequence goes on after a collect with a large window") {
  RunAhead run_ahead;
  write_pages(run_ahead, 0, 800, 1);
  run_ahead.collected();
  CHECK(run_ahead.on_fault(800, kPages).window.count == RunAhead::kLargestWindow);
}

TEST_CASE("windows end at the first and the last page") {
  RunAhead run_ahead;
  write_pages(run_ahead, kPages - 100, 100, 1);
  write_pages(run_ahead, 99, 100, -1);
}

TEST_CASE("under write-fault, what was opened ahead is reported and counted") {
  TrackedBuffer tracked(256, MechanismKind::kWriteFault);
  for (PageIndex page = 0; page < 100; ++page) byte_at(*tracked.view, page) = 1;
  const Pages found = tracked.collect();
  const TrackerStats stats = tracked.tracker.stats();
  CHECK(stats.write_faults < 16);
  CHECK(found.size() >= 100);
  CHECK(found.size() <= 100 + RunAhead::kLargestWindow);
  CHECK(stats.pages_opened_ahead == found.size() - stats.write_faults);
  CHECK(stats.pages_unproved >= found.size() - 100);
  CHECK(tracked.collect().empty());
}

}  // namespace
}  // namespace mkwrite::test
