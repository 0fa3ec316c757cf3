// What the policy "auto" decides, region by region: which pages to leave writable. A page that is
// protected again costs a fault if it is written before the next collect; one that stays open costs
// a copy if it is not. So a page stays open when the chance that it is written again exceeds
//
//     copy / (fault + copy)
//
// The chance is learned from protected pages: of those written one to four collects ago, how many
// were written now? Open pages tell nothing, so now and then some of them are protected for a look:
// one of a region, or all of them where pages are known to cool.
// docs/auto.md derives the rule and says what regret it is meant to have.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory/page_bitmap.h"
#include "tracking/costs.h"

namespace mkwrite {

struct TrackerState;

class Regions {
 public:
  /// One machine word of pages decides together.
  static constexpr std::size_t kPages = 64;

  /// What the two mistakes cost, in ns per page.
  struct Prices {
    Costs::Fault fault;  ///< a tracked write
    double copy;         ///< a page reported for nothing
  };

  Regions(std::size_t pages, Prices prices);

  /// Costs that were refined while running, or those of another mechanism.
  void set_prices(Prices prices) noexcept { prices_ = prices; }

  // All of the following under the tracker's lock.

  /// Whether some region keeps pages open that were written, so that these should not be protected.
  bool wants_look() const noexcept { return keeping_ != 0; }

  /// Learns from `state.harvested` and `state.unproved`, and says in `state.hot` which pages of
  /// `range` shall stay open from here on. `may_open`: whether more may become so than are now.
  void decide(TrackerState& state, PageRange range, bool may_open) noexcept;

  /// Pages that are closed to the CPU start anew.
  void forget(TrackerState& state, PageRange range) noexcept;

  /// One region, or a row of them that are treated alike.
  struct Explanation {
    bool keeps_open = false;     ///< pages that were written stay open
    std::size_t open_pages = 0;  ///< pages that are open now
    std::size_t lane_pages = 0;  ///< pages left to write faults, for a stream
    double rewrite_rate = 0;     ///< chance that a page just written is written again, 0 to 1
    double faults = 0;           ///< pages seen written per collect, which cost a fault each
    double track_ns = 0;         ///< predicted cost of a collect if every page is protected again
    double keep_ns = 0;          ///< predicted cost of a collect if written pages stay open
  };
  Explanation explain(const TrackerState& state, std::size_t region) const noexcept;
  /// The chance from which on pages stay open.
  double threshold() const noexcept {
    return prices_.copy / (prices_.fault.in_a_row + prices_.copy);
  }

 private:
  /// A share that forgets: what happened of what could have.
  struct Rate {
    float happened = 0;
    float possible = 0;
    void add(float events, float chances, float memory) noexcept {
      if (chances == 0) return;
      happened = happened * memory + events;
      possible = possible * memory + chances;
    }
    /// Lets what was there `before` fade, if anything was added to it.
    void fade(const Rate& before, float memory) noexcept {
      if (possible == before.possible) return;
      happened -= before.happened * (1 - memory);
      possible -= before.possible * (1 - memory);
    }
  };
  /// What is written every fourth frame is still a pattern.
  static constexpr std::size_t kHistory = 4;
  static constexpr std::uint16_t kShortestInterval = 4;
  static constexpr std::uint16_t kLongestInterval = 256;
  /// Where it pays to look at all open pages more rarely than this, samples do.
  static constexpr std::uint16_t kLongestSweep = 64;

  struct Region {
    std::array<std::uint64_t, kHistory> seen{};  ///< pages seen written; the last collect first
    std::uint64_t looking = 0;  ///< open pages that the last collect protected for a look
    std::uint64_t cold = 0;     ///< found cold by a look a moment ago, and not written since
    Rate rewrites;
    Rate cooling;       ///< pages found cold, of pages times collects that they were open
    float written = 0;  ///< pages seen written per collect, a moving average
    std::uint16_t interval = kShortestInterval;  ///< from one sample to the next
    std::uint16_t age = 0;                       ///< collects since the last look
    std::uint16_t due = 0;      ///< at this age comes the next, if nothing happens before
    std::uint16_t unswept = 0;  ///< collects since all open pages were looked at
    std::uint16_t exposed = 0;  ///< collects for which pages under look were open, each
    std::uint8_t cold_for = 0;  ///< collects
    std::uint8_t cursor = 0;    ///< the page looked at last, by number
    bool keeps_open = false;
    bool suspected = false;  ///< the look under way was taken on suspicion
    bool early = false;      ///< the next sample comes a collect early
  };
  /// What the looks of one collect found, over all regions.
  struct Looks {
    double expected = 0;  ///< pages that were to be found written
    double hot = 0;       ///< pages that were
    /// Whether to doubt everything that is open.
    bool mass_cooling() const noexcept { return expected >= 2 && hot < expected / 4; }
  };

  void decide(TrackerState& state, std::size_t index, std::uint64_t mask, bool doubt, bool alarmed,
              bool may_open) noexcept;
  /// The chance that a page of the region that was written is written again, and how uncertain it
  /// is.
  double rate(const Region& region) const noexcept;
  double deviation(const Region& region) const noexcept;
  /// After how many collects a look at all of the region's open pages pays.
  double sweep_interval(const Region& region, int open_pages) const noexcept;
  /// The most collects from one sample to the next.
  std::uint16_t longest_interval(int open_pages) const noexcept;
  /// What a look has found: pages `cold` of `looked`.
  void learn_cooling(Region& region, std::uint64_t looked, std::uint64_t cold) noexcept;
  /// Which of the `open` pages to look at now, if nothing says that they have cooled.
  std::uint64_t next_look(Region& region, std::size_t index, std::uint64_t open, bool opened,
                          bool alarmed) noexcept;
  template <typename Visit>
  void for_each_active(PageRange range, Visit&& visit) const;

  Prices prices_;
  std::vector<Region> regions_;
  PageBitmap active_;         ///< numbered by region: those with anything to remember
  Rate rewrites_;             ///< of the whole buffer object: where a fresh region starts
  Rate cooling_;              ///< likewise
  std::size_t keeping_ = 0;   ///< regions that keep pages open
  bool alarm_ = false;        ///< a look has found a trusted page cold: look everywhere soon
  unsigned since_alarm_ = 0;  ///< collects
};

}  // namespace mkwrite
