// What the policy "auto" decides, region by region: which pages to leave writable. A page that is
// protected again costs a fault if it is written before the next collect; one that stays open costs
// a copy if it is not. So a page stays open when the chance that it is written again exceeds
//
//     copy / (fault + copy)
//
// The chance is learned from protected pages: of those written one to four collects ago, how many
// were written now? Open pages tell nothing, so now and then some of them are protected for a look:
// one of a region, or all of them where pages are known to cool. Where a window of writes moves on,
// pages are looked at as its edge passes them (edges.h).
// docs/auto.md derives the rule and says what regret it is meant to have.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "memory/page_bitmap.h"
#include "tracking/costs.h"
#include "tracking/edges.h"
#include "tracking/glances.h"
#include "tracking/tracker_state.h"

namespace mkwrite {

class Regions {
 public:
  /// One machine word of pages decides together.
  static constexpr std::size_t kPages = 64;

  /// What the two mistakes cost, in ns per page.
  struct Prices {
    Costs::Fault fault;  ///< a tracked write
    double copy;         ///< a page reported for nothing
    double glance = 0;   ///< a word of a page compared
  };

  Regions(std::size_t pages, Prices prices);

  /// Costs that were refined while running, or those of another mechanism.
  void set_prices(Prices prices) noexcept { prices_ = prices; }

  // All of the following under the tracker's lock.

  /// Whether some region keeps pages open that were written, so that these should not be protected.
  bool wants_look() const noexcept { return keeping_ != 0; }

  /// Whether there is anything to learn from, or to decide upon.
  bool concerned(const TrackerState& state) const noexcept {
    return active_.any() || state.harvested.any();
  }

  /// Learns from `state.harvested` and `state.unproved`, and says in `state.hot` which pages of
  /// `range` shall stay open from here on. `may_open`: whether more may become so than are now.
  void decide(TrackerState& state, PageRange range, bool may_open) noexcept;

  /// Pages that are closed to the CPU start anew.
  void forget(TrackerState& state, PageRange range) noexcept;

  /// One region, or a row of them that are treated alike.
  struct Explanation {
    bool keeps_open = false;     ///< pages that were written stay open
    std::size_t open_pages = 0;  ///< pages that are open now
    std::size_t lane_pages = 0;  ///< pages left to write faults, for a stream or a return
    double rewrite_rate = 0;     ///< chance that a page just written is written again, 0 to 1
    double faults = 0;           ///< pages seen written per collect, which cost a fault each
    double track_ns = 0;         ///< predicted cost of a collect if every page is protected again
    double keep_ns = 0;          ///< predicted cost of a collect if written pages stay open
  };
  Explanation explain(const TrackerState& state, std::size_t region) const noexcept;
  /// Pages that stay open.
  std::size_t open_pages() const noexcept { return open_; }
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
    /// The share, of something that began as `prior` chances of what is known `of_all`.
    double share(const Rate& of_all, double prior) const noexcept;
    /// Lets what was there `before` fade, if anything was added to it.
    void fade(const Rate& before, float memory) noexcept {
      if (possible == before.possible) return;
      happened -= before.happened * (1 - memory);
      possible -= before.possible * (1 - memory);
    }
  };
  /// What is written every fourth frame is still a pattern.
  static constexpr std::size_t kHistory = 4;
  /// Collects, of looks.
  static constexpr std::uint16_t kShortestSweep = 4;
  static constexpr std::uint16_t kShortestGlance = 2;
  /// Where it pays to look at all open pages more rarely than this, samples do.
  static constexpr std::uint16_t kLongestSweep = 64;
  static constexpr double kLongestSampling = 256;
  static constexpr std::uint16_t kNever = std::numeric_limits<std::uint16_t>::max();
  /// What is counted in collects goes no further.
  static constexpr std::uint16_t kLong = 1024;

  /// Pages of which something was found out in one of the last collects.
  using History = std::array<std::uint64_t, kHistory>;

  struct Region {
    History seen{};              ///< pages seen written; the last collect first
    std::uint64_t looking = 0;   ///< open pages that the last collect protected for a look
    std::uint64_t glanced = 0;   ///< open pages of which a word is kept
    std::uint64_t compared = 0;  ///< pages that the last collect glanced at
    std::uint64_t told = 0;      ///< of these, pages that were proved to be written
    History cold{};  ///< found cold by a look, and not written since; the last collect first
    Rate rewrites;
    Rate cooling;                 ///< pages found cold, of pages times collects that they were open
    Rate telling;                 ///< pages proved by a glance, of those that were written
    float written = 0;            ///< pages seen written per collect, a moving average
    std::uint16_t unsampled = 0;  ///< collects since a page was looked at
    std::uint16_t unswept = 0;    ///< collects since all open pages were
    std::uint16_t sweep_due = kNever;  ///< after as many they are again
    std::uint16_t exposed = 0;         ///< collects for which pages under look were open, each
    std::uint8_t cursor = 0;           ///< the page sampled last, by number
    bool keeps_open = false;
    bool suspected = false;  ///< the look under way was taken on suspicion
    bool glances = false;    ///< a glance goes before the next sweep, and says what to look at
    /// All open pages are looked at, or glanced at.
    void begin_look() noexcept {
      exposed = std::exchange(unswept, 0);
      unsampled = 0;
    }
  };
  /// What comes of looks, over all regions, the last collects' counting most. Each region that was
  /// looked at counts as one: its pages cool together.
  struct Evidence {
    float expected = 0;  ///< to be found written
    float hot = 0;       ///< found written
    void fade() noexcept {
      expected /= 2;
      hot /= 2;
    }
    /// Whether to doubt everything that is open.
    bool mass_cooling() const noexcept { return expected >= 1.5F && hot < expected / 4; }
  };
  /// How a collect treats all regions.
  struct Mood {
    bool may_open;  ///< more pages than are open now
    bool doubts;    ///< everything that is open is looked at
    bool alarmed;   ///< a page of every region is looked at
    bool learns;    ///< from the looks under way: they were not taken in alarm
  };

  /// Learns from the looks that the last collect took, before any region is decided upon.
  Mood judge(const TrackerState& state, PageRange range, bool may_open) noexcept;
  /// Returns the pages that a look has found cold.
  std::uint64_t decide(TrackerState& state, std::size_t index, std::uint64_t mask,
                       Mood mood) noexcept;
  /// The chance that a page of the region that was written is written again, and how uncertain it
  /// is.
  double rate(const Region& region) const noexcept;
  double deviation(const Region& region) const noexcept;
  /// How likely a page cools, per collect.
  double cooling(const Region& region) const noexcept;
  /// The chance that a glance tells of a page that it was written.
  double telling(const Region& region) const noexcept;
  /// The chance that a page that has been open for `exposed` collects is found written by a look.
  double chance_hot(const Region& region) const noexcept;
  /// After how many collects a look at all of the region's open pages pays, and whether a glance
  /// goes before it.
  void plan_sweep(Region& region, std::size_t index, int open_pages) const noexcept;
  /// After how many collects the next sample pays.
  double sample_interval() const noexcept;
  /// An alarm or doubts: remembers what is open now.
  void note_doubted(const TrackerState& state, const Mood& mood) noexcept;
  /// Says in `state.cooled` what was open, if all of it was found cold soon after.
  void note_cooled(TrackerState& state) noexcept;
  /// Pages of `mask`, in what was found in the last collects.
  static void note(History& history, std::uint64_t pages, std::uint64_t mask) noexcept;
  /// What a look has found: that of `examined` pages `cold` ones were.
  void learn_cooling(Region& region, float examined, float cold) noexcept;
  /// What a glance has found: `told` of pages that were `written`.
  void learn_telling(Region& region, std::uint64_t told, std::uint64_t written) noexcept;
  /// Which of the `open` pages to look at now, if nothing says that they have cooled.
  std::uint64_t next_look(TrackerState& state, std::size_t index, std::uint64_t open,
                          bool alarmed) noexcept;
  /// Looks at the `open` pages that have not been written as far as a glance can tell, or at all.
  std::uint64_t sweep(TrackerState& state, std::size_t index, std::uint64_t open) noexcept;
  /// So that later glances know where pages are written that were not open until now, or whose
  /// words kept silent about a write.
  void take_snapshots(TrackerState& state, std::size_t index, std::uint64_t fresh,
                      std::uint64_t silent) noexcept;
  bool sweeps_now(const Region& region, std::size_t index) const noexcept;
  bool samples_now(std::size_t index) const noexcept { return samples_ && index >= sampled_; }
  template <typename Visit>
  void for_each_active(PageRange range, Visit&& visit) const;

  Prices prices_;
  std::vector<Region> regions_;
  PageBitmap active_;      ///< numbered by region: those with anything to remember
  Rate rewrites_;          ///< of the whole buffer object: where a fresh region starts
  Rate cooling_;           ///< likewise
  Rate cooling_in_peace_;  ///< likewise, before the last alarm
  Rate telling_;           ///< likewise
  Glances glances_;
  Evidence evidence_;
  Edges edges_;
  PageBitmap doubted_;        ///< pages that were open when the last alarm or doubts came
  Rate changes_;              ///< times that a trusted page was found cold, of collects
  std::size_t keeping_ = 0;   ///< regions that keep pages open
  std::size_t open_ = 0;      ///< pages that are open
  std::size_t sampled_ = 0;   ///< the region sampled last, by its number plus 1
  std::size_t swept_ = 0;     ///< the region swept last, in this collect, likewise
  unsigned unsampled_ = 0;    ///< collects since some page was sampled
  bool samples_ = false;      ///< this collect takes a sample
  bool odd_ = false;          ///< the last sample was taken early
  bool alarmed_ = false;      ///< the looks under way were taken in alarm or doubt
  unsigned since_alarm_ = 0;  ///< collects
  unsigned since_doubt_ = 0;  ///< collects since the last alarm or doubts
};

}  // namespace mkwrite
