// Running out of mappings (vm.max_map_count): trackers get coarser, count it, and lose nothing.
#include <doctest/doctest.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "support/device_copy.h"
#include "support/mechanisms.h"
#include "support/sanitizers.h"

using mkwrite::kPageSize;
using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::test::byte_at;
using mkwrite::test::DeviceCopy;
using mkwrite::test::mappings_cannot_run_out;
using mkwrite::test::Pages;
using mkwrite::test::TrackedBuffer;

namespace {

std::size_t mapping_limit() {
  std::size_t limit = 65530;
  std::ifstream("/proc/sys/vm/max_map_count") >> limit;
  return limit;
}

/// Uses up all mappings but about `left`.
class Hoard {
 public:
  explicit Hoard(std::size_t left) : pages_(2 * (mapping_limit() + 2)) {
    base_ = static_cast<std::byte*>(mmap(nullptr, pages_ * kPageSize, PROT_NONE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    REQUIRE(base_ != MAP_FAILED);
    std::size_t used = 0;
    while (mprotect(base_ + 2 * used * kPageSize, kPageSize, PROT_READ) == 0) ++used;
    // Each page taken back joins its neighbours, which is two mappings less.
    for (std::size_t i = 0; i < (left + 1) / 2; ++i) {
      mprotect(base_ + 2 * --used * kPageSize, kPageSize, PROT_NONE);
    }
  }
  Hoard(const Hoard&) = delete;
  Hoard& operator=(const Hoard&) = delete;
  ~Hoard() { munmap(base_, pages_ * kPageSize); }

 private:
  std::size_t pages_;
  std::byte* base_;
};

bool contains_all(const Pages& found, const Pages& wanted) {
  return std::ranges::includes(found, wanted);
}

}  // namespace

TEST_CASE("forty thousand alternating pages are all reported, with fewer mappings than that") {
  if (mappings_cannot_run_out()) return;
  const std::size_t pages = mapping_limit() * 5 / 4;
  if (pages > 1'000'000) return;  // no such limit here
  TrackedBuffer tracked(pages, MechanismKind::kWriteFault);
  Pages written;
  for (int round = 1; round <= 2; ++round) {
    written.clear();
    for (PageIndex page = 0; page < pages; page += 2) {
      byte_at(*tracked.view, page) = static_cast<std::uint8_t>(round);
      written.push_back(page);
    }
    CHECK(contains_all(tracked.collect(), written));
    CHECK(tracked.tracker.stats().degradations >= static_cast<std::uint64_t>(round));
  }
  CHECK(tracked.collect().empty());
  byte_at(*tracked.view, 5) = 1;
  CHECK(tracked.collect() == Pages{5});
}

TEST_CASE("splits stay within the budget, and a little more for each block that is opened whole") {
  if (mappings_cannot_run_out()) return;
  constexpr std::size_t kPages = 20'000;
  constexpr std::size_t kLimit = 500;
  mkwrite::MappingBudget& budget = mkwrite::MappingBudget::instance();
  const std::size_t usual = budget.limit();
  TrackedBuffer tracked(kPages, MechanismKind::kWriteFault);
  budget.set_limit(budget.used() + kLimit);
  Pages written;
  for (PageIndex page = 0; page < kPages; page += 2) {
    byte_at(*tracked.view, page) = 1;
    written.push_back(page);
  }
  CHECK(tracked.tracker.stats().splits <= kLimit + 2 * (kPages / 512 + 1));
  CHECK(tracked.tracker.stats().degradations > 0);
  CHECK(contains_all(tracked.collect(), written));
  CHECK(tracked.tracker.stats().splits == 0);
  CHECK(tracked.collect().empty());
  budget.set_limit(usual);
}

TEST_CASE("the count of splits is that of the kernel") {
  const auto mappings_of = [](const mkwrite::View& view) {
    std::ifstream maps("/proc/self/maps");
    const auto begin = reinterpret_cast<std::uintptr_t>(view.data());
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) {
      const auto at = static_cast<std::uintptr_t>(std::stoull(line, nullptr, 16));
      if (at >= begin && at < begin + view.size()) ++count;
    }
    return count;
  };
  TrackedBuffer tracked(1000, MechanismKind::kWriteFault);
  std::uint64_t state = 1;
  for (int round = 0; round < 200; ++round) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte_at(*tracked.view, (state >> 33U) % 1000) = 1;
    if (round % 37 == 36) tracked.collect({0, 500});
    REQUIRE(tracked.tracker.stats().splits + 1 == mappings_of(*tracked.view));
  }
}

TEST_CASE("with no mapping left, the first write opens the view, and tracking goes on") {
  if (mappings_cannot_run_out()) return;
  TrackedBuffer tracked(256, MechanismKind::kWriteFault);
  DeviceCopy device(tracked.tracker);
  {
    const Hoard hoard(0);
    for (int round = 1; round < 5; ++round) {
      byte_at(*tracked.view, 100) = static_cast<std::uint8_t>(round);
      byte_at(*tracked.view, 50) = static_cast<std::uint8_t>(round);
      device.update();
      CHECK(device.matches());
    }
  }
  CHECK(tracked.tracker.stats().degradations > 0);
  device.update();
  byte_at(*tracked.view, 7) = 1;
  CHECK(tracked.collect() == Pages{7});
}

TEST_CASE("mappings that run out between opening and collecting cost nothing but precision") {
  if (mappings_cannot_run_out()) return;
  TrackedBuffer tracked(4096, MechanismKind::kWriteFault);
  DeviceCopy device(tracked.tracker);
  for (int round = 1; round < 4; ++round) {
    // Far apart, so that each run is protected on its own.
    for (PageIndex page = 100; page < 4096; page += 500) {
      byte_at(*tracked.view, page) = static_cast<std::uint8_t>(round);
    }
    // All open at first: protecting a page in the middle of an open run needs mappings.
    std::memset(tracked.view->data() + 1000 * kPageSize, round, 1000 * kPageSize);
    const Hoard hoard(0);
    tracked.tracker.collect({1500, 10}, [](mkwrite::PageRange) {});
    tracked.tracker.mark_dirty({1500, 10});
    device.update();
    CHECK(device.matches());
  }
  byte_at(*tracked.view, 1505) = 77;
  CHECK(contains_all(tracked.collect(), {1505}));
}

TEST_CASE("a view that cannot be mapped is a typed error") {
  if (mappings_cannot_run_out()) return;
  TrackedBuffer tracked(16, MechanismKind::kWriteFault);
  {
    const Hoard hoard(0);
    try {
      // mmap next to an existing mapping of the same kind needs none, so one may still succeed.
      std::vector<std::shared_ptr<mkwrite::View>> views;
      for (int i = 0; i < 16; ++i) views.push_back(tracked.buffer->create_view());
      FAIL("sixteen views were mapped");
    } catch (const mkwrite::Error& error) {
      CHECK(error.code() == mkwrite::ErrorCode::kOutOfMemory);
      CHECK(error.system_errno() == ENOMEM);
    }
  }
  byte_at(*tracked.view, 3) = 1;
  CHECK(tracked.collect() == Pages{3});
}
