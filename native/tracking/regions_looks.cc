// Looks: which of the pages that regions keep open are protected for a moment, or glanced at, to
// see whether they are still written, and when.
#include <algorithm>
#include <bit>
#include <cmath>

#include "memory/bits.h"
#include "tracking/regions.h"

namespace mkwrite {
namespace {

// So many neighbours are swept together where they can be: one system call protects them all.
constexpr std::size_t kSweptTogether = 8;

/// The next set bit after number `after`, all getting their turn. `word` is not 0.
std::uint8_t next_in_turn(std::uint64_t word, std::uint8_t after) noexcept {
  const int begin = (after + 1) % 64;
  return static_cast<std::uint8_t>((begin + std::countr_zero(std::rotr(word, begin))) % 64);
}

}  // namespace

double Regions::sample_interval() const noexcept {
  // Per collect, samples cost fault / interval, and a change that comes meanwhile is found out half
  // an interval later: change * interval / 2 * open * copy, whether all pages change or some region
  // in turn. The sum is least for this interval.
  const double change = changes_.happened / changes_.possible;
  const double copies = prices_.copy * static_cast<double>(std::max<std::size_t>(open_, 1));
  return std::clamp(std::sqrt(2 * prices_.fault.alone / (change * copies)), 1.0, kLongestSampling);
}

void Regions::plan_sweep(Region& region, std::size_t index, int open_pages) const noexcept {
  const double pages = open_pages;
  const double look = prices_.fault.alone + (pages - 1) * prices_.fault.in_a_row;
  // What a glance does not prove to be written is looked at, page by page.
  const double glance = pages * (prices_.glance + (1 - telling(region)) * prices_.fault.alone);
  region.glances = glance < look;
  // Per collect, sweeps cost look / interval, and pages that cooled since the last one
  // cooling * pages * interval / 2 copies. The sum is least for this interval. A glance finds a
  // page only when it has been cold from the glance before on, so 3 / 2 intervals late.
  const double loss = cooling(region) * pages * prices_.copy;
  const double interval =
      region.glances ? std::sqrt(glance / (1.5 * loss)) : std::sqrt(2 * look / loss);
  if (interval >= kLongestSweep) {
    region.sweep_due = kNever;
    return;
  }
  const std::uint16_t shortest = region.glances ? kShortestGlance : kShortestSweep;
  const auto due = std::max(static_cast<std::uint16_t>(interval), shortest);
  // Groups differ, so that they come neither all at once nor in step with the program.
  const auto steps = std::max<std::size_t>(due / 4U, 1);
  region.sweep_due = static_cast<std::uint16_t>(due - (index / kSweptTogether) % steps);
}

bool Regions::sweeps_now(const Region& region, std::size_t index) const noexcept {
  if (region.unswept >= region.sweep_due) return true;
  // A little early, if it goes along with its neighbour's.
  return !region.glances && swept_ == index && index % kSweptTogether != 0 &&
         region.sweep_due != kNever && region.unswept >= region.sweep_due / 4 * 3;
}

std::uint64_t Regions::sweep(TrackerState& state, std::size_t index, std::uint64_t open) noexcept {
  Region& region = regions_[index];
  region.begin_look();
  region.compared = region.glanced & open;
  region.told = glances_.take(state.buffer.alias(), index * kPages, open) & region.compared;
  region.glanced |= open;
  state.stats.glances += count_bits(open);
  if (!region.glances) {
    swept_ = index + 1;
    return open;
  }
  // Of other regions, that says nothing.
  region.suspected = true;
  return region.compared & ~region.told;
}

void Regions::take_snapshots(TrackerState& state, std::size_t index, std::uint64_t fresh,
                             std::uint64_t silent) noexcept {
  const std::uint64_t taken =
      glances_.snapshot(state.buffer.alias(), index * kPages, fresh, silent);
  regions_[index].glanced |= taken;
  state.stats.snapshots += count_bits(taken);
}

std::uint64_t Regions::next_look(TrackerState& state, std::size_t index, std::uint64_t open,
                                 bool alarmed) noexcept {
  Region& region = regions_[index];
  const auto pages = static_cast<int>(count_bits(open));
  plan_sweep(region, index, pages);
  if (sweeps_now(region, index)) return sweep(state, index, open);
  if (!alarmed && !samples_now(index)) return 0;
  if (!alarmed) {
    samples_ = false;
    sampled_ = index + 1;
  }
  const int turn = region.unsampled * pages;
  region.exposed = static_cast<std::uint16_t>(std::min<int>(turn, region.unswept));
  region.unsampled = 0;
  region.cursor = next_in_turn(open, region.cursor);
  return std::uint64_t{1} << region.cursor;
}

}  // namespace mkwrite
