#include "tracking/regions.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "tracking/tracker_state.h"

namespace mkwrite {
namespace {

// Evidence fades by an eighth with each collect that brings some.
constexpr float kMemory = 0.875F;
// A region's own evidence counts against that of the object as if the latter were this many pages.
constexpr double kPriorPages = 8;
// An object begins as if this many pages had been written once and never again: nothing stays open
// until there is evidence.
constexpr float kFirstDoubts = 16;
// A region begins to keep pages open when its rate exceeds the threshold by this many standard
// deviations: chance alone opens pages of few regions.
constexpr double kConfidence = 2;
// A page whose region rewrites this surely and that is found cold says more than that it has
// cooled.
constexpr double kTrusted = 0.75;
// Looks may cost this share of what copying the open pages costs.
constexpr double kLookShare = 1.0 / 64;
// Alarms further apart than this make every region look; others are part of the same change.
constexpr unsigned kAlarmRest = 8;

PageRange regions_of(PageRange pages) noexcept {
  return PageRange::between(pages.first / Regions::kPages,
                            (pages.end() + Regions::kPages - 1) / Regions::kPages);
}

/// The pages of region `index` that lie in `range`.
std::uint64_t mask_of(std::size_t index, PageRange range) noexcept {
  const PageRange part = range.intersect({index * Regions::kPages, Regions::kPages});
  if (part.count == Regions::kPages) return ~std::uint64_t{0};
  return ((std::uint64_t{1} << part.count) - 1) << (part.first % Regions::kPages);
}

/// Most words are empty, and counting bits is a function call where the processor may be an old
/// one.
int count_pages(std::uint64_t word) noexcept { return word == 0 ? 0 : std::popcount(word); }
float pages_in(std::uint64_t word) noexcept { return static_cast<float>(count_pages(word)); }

/// The next set bit after number `after`, all getting their turn. `word` is not 0.
std::uint8_t next_in_turn(std::uint64_t word, std::uint8_t after) noexcept {
  const int begin = (after + 1) % 64;
  return static_cast<std::uint8_t>((begin + std::countr_zero(std::rotr(word, begin))) % 64);
}

}  // namespace

Regions::Regions(std::size_t pages, Prices prices)
    : prices_(prices), regions_((pages + kPages - 1) / kPages), active_(regions_.size()) {
  rewrites_.possible = kFirstDoubts;
}

template <typename Visit>
void Regions::for_each_active(PageRange range, Visit&& visit) const {
  active_.for_each_run(regions_of(range), [&](PageRange run) {
    for (std::size_t index = run.first; index < run.end(); ++index) visit(index);
  });
}

double Regions::rate(const Region& region) const noexcept {
  const double prior = rewrites_.happened / rewrites_.possible;
  return (region.rewrites.happened + kPriorPages * prior) /
         (region.rewrites.possible + kPriorPages);
}

double Regions::deviation(const Region& region) const noexcept {
  const double chance = rate(region);
  return std::sqrt(chance * (1 - chance) / (region.rewrites.possible + kPriorPages));
}

std::uint16_t Regions::longest_interval(int open_pages) const noexcept {
  const double copies = prices_.copy * std::max(open_pages, 1);
  const double interval = (prices_.fault + prices_.copy) / (copies * kLookShare);
  return static_cast<std::uint16_t>(
      std::clamp<double>(interval, 2 * kFirstInterval, kLongestInterval));
}

void Regions::decide(TrackerState& state, PageRange range, bool may_open) noexcept {
  state.harvested.for_each_run(range, [&](PageRange run) { active_.set(regions_of(run)); });
  Looks looks;
  for_each_active(range, [&](std::size_t index) {
    const Region& region = regions_[index];
    const std::uint64_t looked =
        region.looking & mask_of(index, range) & ~state.written_freely.word(index);
    // Looks at more than one page are taken on suspicion, and mostly find it true.
    if (std::popcount(looked) != 1) return;
    looks.expected += rate(region);
    looks.hot += pages_in(looked & state.harvested.word(index));
  });
  ++since_alarm_;
  const Rate before = rewrites_;
  const bool alarmed = std::exchange(alarm_, false);
  for_each_active(range, [&](std::size_t index) {
    Region& region = regions_[index];
    if (alarmed) region.age = kLongestInterval;
    decide(state, index, mask_of(index, range), looks.mass_cooling(), may_open);
  });
  if (rewrites_.possible == before.possible) return;
  rewrites_.happened -= before.happened * (1 - kMemory);
  rewrites_.possible -= before.possible * (1 - kMemory);
}

void Regions::decide(TrackerState& state, std::size_t index, std::uint64_t mask, bool doubt,
                     bool may_open) noexcept {
  Region& region = regions_[index];
  const std::uint64_t hot = state.hot.word(index);
  const std::uint64_t open = hot & mask;
  const std::uint64_t freely = state.written_freely.word(index);
  const std::uint64_t found = state.harvested.word(index) & mask;
  // Of open pages and those opened ahead nobody knows whether they were written.
  const std::uint64_t known = mask & ~(open | state.unproved.word(index) | freely);
  const std::uint64_t seen = found & known;
  const std::uint64_t looked = region.looking & known;
  const std::uint64_t cold = looked & ~found;

  const bool trusted = rate(region) >= kTrusted;
  const auto add = [&](float events, float of) {
    region.rewrites.add(events, of, kMemory);
    rewrites_.add(events, of, 1);
  };
  float rewritten = 0;
  float chances = 0;
  std::uint64_t remembered = 0;
  for (const std::uint64_t earlier : region.seen) {
    rewritten += pages_in(earlier & seen);
    chances += pages_in(earlier & known);
    remembered |= earlier;
  }
  add(rewritten, chances);
  // Open pages count as written before the look. A look at many of them is taken on suspicion,
  // which must not weigh more than a look at one.
  if (looked != 0) add(pages_in(looked & seen) / pages_in(looked), 1);
  region.written += (pages_in(seen) - region.written) / 4;

  const bool kept = region.keeps_open;
  region.keeps_open = rate(region) - (kept ? 0 : kConfidence * deviation(region)) > threshold();
  keeping_ += static_cast<std::size_t>(region.keeps_open) - static_cast<std::size_t>(kept);

  std::uint64_t stays = 0;    // open from here on
  std::uint64_t looking = 0;  // open until now, protected by this collect
  if (!region.keeps_open || doubt) {
    looking = open;
    if (region.keeps_open && may_open) stays = seen;
    region.interval = kFirstInterval;
    region.age = 0;
  } else {
    stays = open | (may_open ? seen : 0);
    if (cold != 0) {
      region.interval = kFirstInterval;
      if (trusted) {
        looking = open;
        if (since_alarm_ > kAlarmRest) {
          alarm_ = true;
          since_alarm_ = 0;
        }
      }
    } else if (looked != 0) {
      region.interval = static_cast<std::uint16_t>(2 * region.interval);
    }
    if (kept != region.keeps_open) region.age = static_cast<std::uint16_t>(index % kFirstInterval);
    // A region that had fewer open pages may have a longer interval from then.
    if (looking == 0 && open != 0 &&
        ++region.age >= std::min(region.interval, longest_interval(count_pages(open)))) {
      region.cursor = next_in_turn(open, region.cursor);
      looking = std::uint64_t{1} << region.cursor;
      // Not all regions at the same collect.
      region.age = static_cast<std::uint16_t>(index % 2);
    }
    stays &= ~looking;
  }

  state.stats.pages_kept_open += static_cast<std::uint64_t>(count_pages(open));
  state.stats.looks += static_cast<std::uint64_t>(count_pages(looking));
  state.hot.set_word(index, (hot & ~mask) | stays);
  state.stays_open.set_word(index, (hot & ~mask) | stays | freely);
  region.looking = (region.looking & ~mask) | looking;
  for (std::size_t i = kHistory - 1; i > 0; --i) {
    region.seen[i] = (region.seen[i] & ~mask) | (region.seen[i - 1] & mask);
  }
  region.seen[0] = (region.seen[0] & ~mask) | (seen & ~looked);
  remembered |= state.hot.word(index) | seen | region.looking;
  if (remembered == 0 && !region.keeps_open && region.written < 0.01F) active_.clear({index, 1});
}

void Regions::forget(TrackerState& state, PageRange range) noexcept {
  state.hot.clear(range);
  state.stays_open.clear(range);
  state.stays_open.add(state.written_freely, range);
  for_each_active(range, [&](std::size_t index) {
    Region& region = regions_[index];
    const std::uint64_t rest = ~mask_of(index, range);
    for (std::uint64_t& earlier : region.seen) earlier &= rest;
    region.looking &= rest;
  });
}

Regions::Explanation Regions::explain(const TrackerState& state, std::size_t index) const noexcept {
  const Region& region = regions_[index];
  const auto open = static_cast<double>(std::popcount(state.hot.word(index)));
  const double chance = rate(region);
  const double miss = 1 - chance;
  const double written = region.written;
  const double if_tracked = (written + chance * open) * prices_.fault;
  const double if_kept = region.keeps_open ? written * prices_.fault + miss * open * prices_.copy
                                           : written * miss * (prices_.fault + prices_.copy);
  return {
      region.keeps_open, static_cast<std::size_t>(open), 0, chance, written, if_tracked, if_kept};
}

}  // namespace mkwrite
