#include "tracking/regions.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <span>
#include <utility>

#include "memory/bits.h"

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
// An object begins as if what it writes had changed once in this many collects; what it has done
// is forgotten at the rate below.
constexpr float kFirstCalm = 128;
constexpr float kChangesMemory = 1 - 1.0F / 512;
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

int count_pages(std::uint64_t word) noexcept { return static_cast<int>(count_bits(word)); }
float pages_in(std::uint64_t word) noexcept { return static_cast<float>(count_pages(word)); }

}  // namespace

Regions::Regions(std::size_t pages, Prices prices)
    : prices_(prices),
      regions_((pages + kPages - 1) / kPages),
      active_(regions_.size()),
      glances_(pages),
      edges_(pages),
      doubted_(pages) {
  rewrites_.possible = kFirstDoubts;
  telling_.possible = kFirstDoubts;
  cooling_ = {kFirstCooled, kFirstExposure};
  changes_ = {1, kFirstCalm};
}

template <typename Visit>
void Regions::for_each_active(PageRange range, Visit&& visit) const {
  active_.for_each_run(regions_of(range), [&](PageRange run) {
    for (std::size_t index = run.first; index < run.end(); ++index) visit(index);
  });
}

double Regions::Rate::share(const Rate& of_all, double prior) const noexcept {
  return (happened + prior * of_all.happened / of_all.possible) / (possible + prior);
}

double Regions::rate(const Region& region) const noexcept {
  return region.rewrites.share(rewrites_, kPriorPages);
}

double Regions::deviation(const Region& region) const noexcept {
  const double chance = rate(region);
  return std::sqrt(chance * (1 - chance) / (region.rewrites.possible + kPriorPages));
}

double Regions::cooling(const Region& region) const noexcept {
  return region.cooling.share(cooling_, kPriorExposure);
}

double Regions::telling(const Region& region) const noexcept {
  return region.telling.share(telling_, kPriorPages);
}

double Regions::chance_hot(const Region& region) const noexcept {
  return rate(region) * std::exp(-cooling(region) * region.exposed);
}

void Regions::learn_cooling(Region& region, float examined, float cold) noexcept {
  // Pages that cool together are found by samples.
  if (examined > 1 && 2 * cold > examined) return;
  const float exposure = examined * static_cast<float>(region.exposed);
  region.cooling.add(cold, exposure, kMemory);
  cooling_.add(cold, exposure, 1);
}

void Regions::learn_telling(Region& region, std::uint64_t told, std::uint64_t written) noexcept {
  region.telling.add(pages_in(told & written), pages_in(written), kMemory);
  telling_.add(pages_in(told & written), pages_in(written), 1);
}

void Regions::note(History& history, std::uint64_t pages, std::uint64_t mask) noexcept {
  for (std::uint64_t& entry : history) pages = std::exchange(entry, (entry & ~mask) | pages) & mask;
}

Regions::Mood Regions::judge(const TrackerState& state, PageRange range, bool may_open) noexcept {
  Mood mood{.may_open = may_open, .doubts = false, .alarmed = false, .learns = !alarmed_};
  bool surprised = false;
  evidence_.fade();
  for_each_active(range, [&](std::size_t index) {
    const Region& region = regions_[index];
    const std::uint64_t looked =
        region.looking & mask_of(index, range) & ~state.written_freely.word(index);
    // A suspicion is mostly true, which says nothing of other pages.
    if (looked == 0 || region.suspected) return;
    const double expected = chance_hot(region);
    const float hot = pages_in(looked & state.harvested.word(index)) / pages_in(looked);
    evidence_.expected += static_cast<float>(expected);
    evidence_.hot += hot;
    surprised = surprised || (expected >= kTrusted && hot < 0.5F);
  });
  ++since_alarm_;
  changes_.happened *= kChangesMemory;
  changes_.possible = changes_.possible * kChangesMemory + 1;
  mood.doubts = evidence_.mass_cooling();
  if (mood.doubts) {
    // That everything has cooled together says nothing of how fast pages do.
    if (since_alarm_ <= kAlarmRest) cooling_ = cooling_in_peace_;
    evidence_ = {};
  } else if (surprised && since_alarm_ > kAlarmRest) {
    mood.alarmed = true;
    since_alarm_ = 0;
    changes_.happened += 1;
    cooling_in_peace_ = cooling_;
  }
  alarmed_ = mood.alarmed || mood.doubts;
  return mood;
}

void Regions::note_doubted(const TrackerState& state, const Mood& mood) noexcept {
  if (since_doubt_ < kLong) ++since_doubt_;
  if (!mood.alarmed && !mood.doubts) return;
  if (since_doubt_ > kAlarmRest) doubted_.clear();
  since_doubt_ = 0;
  doubted_.add(state.hot, state.hot.all());
  for_each_active(doubted_.all(), [&](std::size_t index) {
    doubted_.set_word(index, doubted_.word(index) | regions_[index].looking);
  });
}

void Regions::note_cooled(TrackerState& state) noexcept {
  if (!doubted_.any() || open_ != 0 || state.harvested.any()) return;
  if (since_doubt_ <= kAlarmRest) state.cooled.add(doubted_, doubted_.all());
  doubted_.clear();
}

void Regions::decide(TrackerState& state, PageRange range, bool may_open) noexcept {
  state.harvested.for_each_run(range, [&](PageRange run) { active_.set(regions_of(run)); });
  const Mood mood = judge(state, range, may_open);
  note_doubted(state, mood);
  const Rate before = rewrites_;
  const Rate cooled_before = cooling_;
  const Rate told_before = telling_;
  // One in two comes a collect early: what is written every other frame is not always looked at in
  // step with that.
  samples_ = ++unsampled_ + (odd_ ? 1 : 0) >= sample_interval();
  if (samples_) {
    unsampled_ = 0;
    odd_ = !odd_;
  }
  edges_.advance(state.harvested, state.hot, range);
  glances_.begin(state.buffer.alias());
  swept_ = 0;
  std::array<PageRange, 4> cooled;
  std::size_t count = 0;
  for_each_active(range, [&](std::size_t index) {
    const std::uint64_t cold = decide(state, index, mask_of(index, range), mood);
    if (cold == 0 || count == cooled.size()) return;
    const auto first = static_cast<std::size_t>(std::countr_zero(cold));
    const auto pages = static_cast<std::size_t>(std::countr_one(cold >> first));
    if (pages >= Edges::kSmallestRun) cooled[count++] = {index * kPages + first, pages};
  });
  if (!mood.doubts) {
    for (const PageRange run : std::span(cooled).first(count)) edges_.begin(run, state.hot);
  }
  // Nobody was left: it is the first one's turn.
  if (std::exchange(samples_, false)) {
    sampled_ = 0;
    unsampled_ = static_cast<unsigned>(kLongestSampling);
  }
  note_cooled(state);
  rewrites_.fade(before, kMemory);
  cooling_.fade(cooled_before, kMemory);
  telling_.fade(told_before, kMemory);
}

std::uint64_t Regions::decide(TrackerState& state, std::size_t index, std::uint64_t mask,
                              Mood mood) noexcept {
  Region& region = regions_[index];
  const std::uint64_t hot = state.hot.word(index);
  const std::uint64_t open = hot & mask;
  const std::uint64_t freely = state.written_freely.word(index);
  const std::uint64_t found = state.harvested.word(index) & mask;
  const std::uint64_t at_edge = edges_.looking().word(index) & mask;
  std::uint64_t remembered = region.looking | region.told;
  for (const std::uint64_t earlier : region.seen) remembered |= earlier;
  for (const std::uint64_t earlier : region.cold) remembered |= earlier;
  if (region.unswept < kLong) ++region.unswept;
  if (region.unsampled < kLong) ++region.unsampled;
  if (open != 0 && ((found & ~open) | remembered | at_edge) == 0 && !mood.doubts && !mood.alarmed &&
      !samples_now(index) && !sweeps_now(region, index)) {
    region.written *= 0.75F;
    state.stats.pages_kept_open += count_bits(open);
    return 0;
  }
  // Of open pages and those opened ahead nobody knows whether they were written.
  const std::uint64_t known = mask & ~(open | state.unproved.word(index) | freely);
  const std::uint64_t seen = found & known;
  const std::uint64_t looked = region.looking & known;
  const std::uint64_t cold = looked & ~found;
  // Those that a glance proved to be written were left open, and count as if they had been looked
  // at.
  const std::uint64_t told = std::exchange(region.told, region.told & ~mask) & mask;
  const std::uint64_t compared = std::exchange(region.compared, region.compared & ~mask) & mask;
  const std::uint64_t spared = told & ~region.looking;
  const float examined = pages_in(looked | spared);

  const bool sampled = count_pages(looked) == 1 && !region.suspected;
  const bool surprised = sampled && cold != 0 && chance_hot(region) >= kTrusted;
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
  // look at one: it is often taken on suspicion. And that everything has changed is one event.
  if (examined != 0 && mood.learns) add(pages_in((looked & seen) | spared) / examined, 1);
  learn_telling(region, told, (looked & seen & compared) | spared);
  region.written += (pages_in(seen) - region.written) / 4;

  // What is cold for a few collects only has not cooled.
  float returned = 0;
  for (std::uint64_t& earlier : region.cold) {
    returned += pages_in(earlier & seen);
    earlier &= ~seen;
  }
  region.cooling.happened = std::max(region.cooling.happened - returned, 0.0F);
  cooling_.happened = std::max(cooling_.happened - returned, 0.0F);
  if (examined != 0 && mood.learns) learn_cooling(region, examined, pages_in(cold));
  note(region.cold, mood.learns ? cold : 0, mask);

  const bool kept = region.keeps_open;
  region.keeps_open = rate(region) - (kept ? 0 : kConfidence * deviation(region)) > threshold();
  keeping_ += static_cast<std::size_t>(region.keeps_open) - static_cast<std::size_t>(kept);

  std::uint64_t stays = 0;    // open from here on
  std::uint64_t looking = 0;  // open until now, protected by this collect
  const auto suspect = [&] {
    looking = open;
    region.suspected = true;
    region.begin_look();
  };
  if (!region.keeps_open || mood.doubts) {
    suspect();
    if (mood.doubts) region.cooling = {};
    if (region.keeps_open && mood.may_open) stays = seen;
  } else {
    // What has returned was opened at the first sign of it.
    stays = open | (mood.may_open ? seen | (state.returned.word(index) & mask) : 0);
    if (surprised) suspect();
    const std::uint64_t undecided = open & ~at_edge;
    if (looking == 0 && undecided != 0) {
      region.suspected = false;
      if (!kept) region.unswept = region.unsampled = 0;
      looking = next_look(state, index, undecided, mood.alarmed);
    }
    stays &= ~(looking | at_edge);
    if (region.sweep_due != kNever) {
      const std::uint64_t silent = looked & seen & compared & ~told;
      take_snapshots(state, index, stays & ~(open | looked), stays & silent);
    }
  }

  state.stats.pages_kept_open += count_bits(open);
  state.stats.looks += count_bits(looking | (open & at_edge));
  open_ += count_bits(stays) - count_bits(open);
  state.hot.set_word(index, (hot & ~mask) | stays);
  state.stays_open.set_word(index, (hot & ~mask) | stays | freely);
  region.looking = (region.looking & ~mask) | looking;
  note(region.seen, seen & ~(looked | at_edge), mask);
  region.glanced &= state.hot.word(index) | region.looking;
  remembered |= state.hot.word(index) | seen | region.looking;
  if (remembered == 0 && !region.keeps_open && region.written < 0.1F) {
    region.written = 0;
    active_.clear({index, 1});
  }
  // The sample that raised the suspicion leaves a hole.
  return cold | (cold << 1U & cold >> 1U & mask & ~(found | open));
}

void Regions::forget(TrackerState& state, PageRange range) noexcept {
  open_ -= state.hot.count(range);
  state.hot.clear(range);
  state.stays_open.clear(range);
  state.stays_open.add(state.written_freely, range);
  edges_.forget(range);
  doubted_.clear(range);
  state.returned.clear(range);
  for_each_active(range, [&](std::size_t index) {
    Region& region = regions_[index];
    const std::uint64_t rest = ~mask_of(index, range);
    for (std::uint64_t& earlier : region.seen) earlier &= rest;
    region.looking &= rest;
    region.told &= rest;
    region.glanced &= rest;
  });
}

Regions::Explanation Regions::explain(const TrackerState& state, std::size_t index) const noexcept {
  const Region& region = regions_[index];
  const auto open = static_cast<double>(count_bits(state.hot.word(index)));
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
