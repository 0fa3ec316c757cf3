#include "tracking/hot_pages.h"

#include <algorithm>
#include <bit>

#include "tracking/tracker_state.h"

namespace mkwrite {
namespace {

PageRange regions_of(PageRange pages) noexcept {
  constexpr std::size_t kPages = HotPages::kRegionPages;
  return PageRange::between(pages.first / kPages, (pages.end() + kPages - 1) / kPages);
}

}  // namespace

HotPages::HotPages(std::size_t pages)
    : regions_((pages + kRegionPages - 1) / kRegionPages), active_(regions_.size()) {}

void HotPages::set_hot(TrackerState& state, std::size_t region, std::uint64_t pages) noexcept {
  state.hot.set_word(region, pages);
  state.stays_open.set_word(region, pages | state.written_freely.word(region));
}

void HotPages::sample(TrackerState& state, PageRange range) noexcept {
  active_.for_each_run(regions_of(range), [&](PageRange run) {
    for (std::size_t index = run.first; index < run.end(); ++index) {
      Region& region = regions_[index];
      const std::uint64_t hot = state.hot.word(index);
      if (hot == 0 || region.sample != 0 || ++region.age < region.interval) continue;
      region.age = 0;
      // The next open page after the last one looked at, so that all get their turn.
      const std::uint64_t turned = std::rotr(hot, region.last_sampled + 1);
      region.last_sampled =
          static_cast<std::uint8_t>((region.last_sampled + 1 + std::countr_zero(turned)) % 64);
      region.sample = std::uint64_t{1} << region.last_sampled;
      region.protected_now = false;
      set_hot(state, index, hot & ~region.sample);
    }
  });
}

void HotPages::learn(TrackerState& state, PageRange range) noexcept {
  state.harvested.for_each_run(range, [&](PageRange run) { active_.set(regions_of(run)); });
  active_.for_each_run(regions_of(range), [&](PageRange run) {
    for (std::size_t index = run.first; index < run.end(); ++index) {
      Region& region = regions_[index];
      std::uint64_t hot = state.hot.word(index);
      state.stats.pages_kept_open += static_cast<std::uint64_t>(std::popcount(hot));
      // Pages under CPU access are reported whether they are written or not.
      const std::uint64_t seen =
          state.harvested.word(index) & ~hot & ~state.written_freely.word(index);
      if (region.sample != 0 && region.protected_now) {
        if ((seen & region.sample) != 0) {
          hot |= region.sample;
          region.interval = std::min<std::uint16_t>(static_cast<std::uint16_t>(region.interval * 2),
                                                    kLongestInterval);
        } else {
          hot = 0;
          region.interval = kFirstInterval;
        }
        region.sample = 0;
      } else if (region.sample != 0) {
        region.protected_now = true;  // by the harvest that has just ended
      }
      hot |= seen & region.last & region.before_last & ~region.sample;
      set_hot(state, index, hot);
      region.before_last = region.last;
      region.last = seen & ~hot;
      if ((hot | region.last | region.before_last | region.sample) == 0) active_.clear({index, 1});
    }
  });
}

void HotPages::forget(TrackerState& state, PageRange range) noexcept {
  state.hot.clear(range);
  state.stays_open.clear(range);
  state.stays_open.add(state.written_freely, range);
}

HotPages::Explanation HotPages::explain(const TrackerState& state,
                                        std::size_t region) const noexcept {
  return {static_cast<std::size_t>(std::popcount(state.hot.word(region))),
          regions_[region].interval};
}

}  // namespace mkwrite
