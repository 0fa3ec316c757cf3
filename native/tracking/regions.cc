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
// A region's own cooling counts against that of the object as if the latter were so many pages
// times collects. An object begins as if little had cooled.
constexpr double kPriorExposure = 256;
constexpr float kFirstExposure = 128;
constexpr float kFirstCooled = 1.0F / 8;
// Looks may cost this share of what copying the open pages costs.
constexpr double kLookShare = 1.0 / 128;
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
  cooling_ = {kFirstCooled, kFirstExposure};
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
  const double interval = (prices_.fault.alone + prices_.copy) / (copies * kLookShare);
  return static_cast<std::uint16_t>(
      std::clamp<double>(interval, 2 * kShortestInterval, kLongestInterval));
}

double Regions::sweep_interval(const Region& region, int open_pages) const noexcept {
  const double prior = cooling_.happened / cooling_.possible;
  const double cooling = (region.cooling.happened + kPriorExposure * prior) /
                         (region.cooling.possible + kPriorExposure);
  // Per collect, looks cost look / interval, and pages that cooled since the last one
  // cooling * pages * interval / 2 copies. The sum is least for this interval.
  const double pages = open_pages;
  const double look = prices_.fault.alone + (pages - 1) * prices_.fault.in_a_row;
  return std::sqrt(2 * look / (cooling * pages * prices_.copy));
}

void Regions::learn_cooling(Region& region, std::uint64_t looked, std::uint64_t cold) noexcept {
  region.cold = cold;
  region.cold_for = 0;
  // Pages that cool together are found by samples.
  if (count_pages(looked) > 1 && 2 * count_pages(cold) > count_pages(looked)) return;
  const float exposure = pages_in(looked) * static_cast<float>(region.exposed);
  region.cooling.add(pages_in(cold), exposure, kMemory);
  cooling_.add(pages_in(cold), exposure, 1);
}

std::uint64_t Regions::next_look(Region& region, std::size_t index, std::uint64_t open, bool opened,
                                 bool alarmed) noexcept {
  const int pages = count_pages(open);
  const double sweep = sweep_interval(region, pages);
  const bool sweeps = sweep < kLongestSweep;
  region.due = sweeps ? static_cast<std::uint16_t>(std::max<double>(sweep, kShortestInterval))
                      : std::min(region.interval, longest_interval(pages));
  // Not all regions at the same collect.
  if (opened) region.age = static_cast<std::uint16_t>(index % region.due);
  if (++region.age < region.due && (!alarmed || sweeps)) return 0;
  if (sweeps) {
    region.age = static_cast<std::uint16_t>(index % (region.due / 4U));
    region.exposed = std::exchange(region.unswept, 0);
    return open;
  }
  // Regions differ in how early theirs come: in each collect some region is looked at, so that a
  // change of everything is soon seen. And no region is always in step with what is written every
  // fourth frame.
  region.early = !region.early;
  const int turn = region.age * pages;
  region.exposed = static_cast<std::uint16_t>(std::min<int>(turn, region.unswept));
  region.age = static_cast<std::uint16_t>((index + (region.early ? 1 : 0)) % (region.due / 2U));
  region.cursor = next_in_turn(open, region.cursor);
  return std::uint64_t{1} << region.cursor;
}

void Regions::decide(TrackerState& state, PageRange range, bool may_open) noexcept {
  state.harvested.for_each_run(range, [&](PageRange run) { active_.set(regions_of(run)); });
  Looks looks;
  for_each_active(range, [&](std::size_t index) {
    const Region& region = regions_[index];
    const std::uint64_t looked =
        region.looking & mask_of(index, range) & ~state.written_freely.word(index);
    // A suspicion is mostly true, which says nothing of other pages.
    if (looked == 0 || region.suspected) return;
    looks.expected += rate(region) * count_pages(looked);
    looks.hot += pages_in(looked & state.harvested.word(index));
  });
  ++since_alarm_;
  const Rate before = rewrites_;
  const Rate cooled_before = cooling_;
  const bool alarmed = std::exchange(alarm_, false);
  for_each_active(range, [&](std::size_t index) {
    decide(state, index, mask_of(index, range), looks.mass_cooling(), alarmed, may_open);
  });
  rewrites_.fade(before, kMemory);
  cooling_.fade(cooled_before, kMemory);
}

void Regions::decide(TrackerState& state, std::size_t index, std::uint64_t mask, bool doubt,
                     bool alarmed, bool may_open) noexcept {
  Region& region = regions_[index];
  const std::uint64_t hot = state.hot.word(index);
  const std::uint64_t open = hot & mask;
  const std::uint64_t freely = state.written_freely.word(index);
  const std::uint64_t found = state.harvested.word(index) & mask;
  std::uint64_t remembered = region.looking | region.cold;
  for (const std::uint64_t earlier : region.seen) remembered |= earlier;
  if (region.unswept < kLongestInterval) ++region.unswept;
  if (open != 0 && ((found & ~open) | remembered) == 0 && !doubt && !alarmed &&
      region.age + 1 < region.due) {
    ++region.age;
    region.written *= 0.75F;
    state.stats.pages_kept_open += static_cast<std::uint64_t>(count_pages(open));
    return;
  }
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
  for (const std::uint64_t earlier : region.seen) {
    rewritten += pages_in(earlier & seen);
    chances += pages_in(earlier & known);
  }
  add(rewritten, chances);
  // Open pages count as written before the look. A look at many of them must not weigh more than a
  // look at one: it is often taken on suspicion.
  if (looked != 0) add(pages_in(looked & seen) / pages_in(looked), 1);
  region.written += (pages_in(seen) - region.written) / 4;

  // What is cold for a few collects only has not cooled.
  const float returned = pages_in(region.cold & seen);
  region.cold &= ~seen;
  if (++region.cold_for > kHistory) region.cold = 0;
  region.cooling.happened = std::max(region.cooling.happened - returned, 0.0F);
  cooling_.happened = std::max(cooling_.happened - returned, 0.0F);
  const bool sampled = count_pages(looked) == 1 && !region.suspected;
  const bool surprised =
      trusted && (sampled ? cold != 0 : 2 * count_pages(cold) > count_pages(looked));
  if (looked != 0) learn_cooling(region, looked, cold);

  const bool kept = region.keeps_open;
  region.keeps_open = rate(region) - (kept ? 0 : kConfidence * deviation(region)) > threshold();
  keeping_ += static_cast<std::size_t>(region.keeps_open) - static_cast<std::size_t>(kept);

  std::uint64_t stays = 0;    // open from here on
  std::uint64_t looking = 0;  // open until now, protected by this collect
  const auto suspect = [&] {
    looking = open;
    region.suspected = true;
    region.exposed = std::exchange(region.unswept, 0);
    region.interval = kShortestInterval;
    region.age = 0;
  };
  if (!region.keeps_open || doubt) {
    suspect();
    if (region.keeps_open && may_open) stays = seen;
  } else {
    stays = open | (may_open ? seen : 0);
    if (surprised) {
      if (sampled) suspect();
      if (since_alarm_ > kAlarmRest) {
        alarm_ = true;
        since_alarm_ = 0;
      }
    } else if (looked != 0) {
      region.interval = std::min<std::uint16_t>(2 * region.interval, kLongestInterval);
    }
    if (looking == 0 && open != 0) {
      region.suspected = false;
      looking = next_look(region, index, open, !kept, alarmed);
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
  if (remembered == 0 && !region.keeps_open && region.written < 0.1F) {
    region.written = 0;
    active_.clear({index, 1});
  }
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
  const double if_tracked = (written + chance * open) * prices_.fault.in_a_row;
  const double if_kept = region.keeps_open
                             ? written * prices_.fault.in_a_row + miss * open * prices_.copy
                             : written * miss * (prices_.fault.in_a_row + prices_.copy);
  return {
      region.keeps_open, static_cast<std::size_t>(open), 0, chance, written, if_tracked, if_kept};
}

}  // namespace mkwrite
