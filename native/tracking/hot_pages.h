// Finds the pages that are written all the time. Protecting one of those again costs a fault at its
// next write and tells what is known already; left writable and reported unseen, it costs a copy.
// The rule: a page that was written in three collects in a row stays open. Trust is checked by
// sampling: now and then one open page of each region is protected again. If it is written by the
// next collect, the region is asked half as often from then on; if not, all of it is protected
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory/page_bitmap.h"

namespace mkwrite {

struct TrackerState;

class HotPages {
 public:
  /// One machine word of pages decides together.
  static constexpr std::size_t kRegionPages = 64;

  explicit HotPages(std::size_t pages);

  // Both under the tracker's lock, around each harvest of `range`.

  /// Before: picks the open pages that are to be protected for a look.
  void sample(TrackerState& state, PageRange range) noexcept;
  /// After: opens pages that have proved hot, and closes regions whose sample has cooled.
  void learn(TrackerState& state, PageRange range) noexcept;

  /// Pages that are closed to the CPU start anew.
  void forget(TrackerState& state, PageRange range) noexcept;

  /// What the policy does with a region, for explanations.
  struct Explanation {
    std::size_t open_pages;
    unsigned sample_interval;  ///< collects between looks at one of the open pages
    bool operator==(const Explanation&) const noexcept = default;
  };
  Explanation explain(const TrackerState& state, std::size_t region) const noexcept;

 private:
  struct Region {
    std::uint64_t last = 0;         ///< seen written in the last collect
    std::uint64_t before_last = 0;  ///< and in the one before
    std::uint64_t sample = 0;       ///< the page that is being looked at, or 0
    std::uint16_t interval = kFirstInterval;
    std::uint16_t age = 0;          ///< collects since the last look
    std::uint8_t last_sampled = 0;  ///< its number in the region
    bool protected_now = false;     ///< the sample was protected by the last harvest
  };
  static constexpr std::uint16_t kFirstInterval = 8;
  static constexpr std::uint16_t kLongestInterval = 128;

  void set_hot(TrackerState& state, std::size_t region, std::uint64_t pages) noexcept;

  std::vector<Region> regions_;
  PageBitmap active_;  ///< numbered by region: those with anything to remember
};

}  // namespace mkwrite
