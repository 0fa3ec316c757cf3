#include "tracking/trimming.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "faults/mutant.h"
#include "faults/seam.h"
#include "tracking/tracker_state.h"

namespace mkwrite {
namespace {

/// How many pages are copied while faults wait for the lock.
constexpr std::size_t kPagesAtOnce = 64;

void make_twin(TrackerState& state) {
  auto twin = std::make_unique<Twin>(state.buffer);
  {
    const std::lock_guard lock(state.lock);
    // In its place before it is filled, so that what is read back meanwhile goes there, too.
    state.twin = std::move(twin);
  }
  state.buffer.for_each_data_run(state.buffer.all_pages(), [&](PageRange run) {
    for (PageIndex first = run.first; first < run.end(); first += kPagesAtOnce) {
      {
        const std::lock_guard lock(state.lock);
        state.twin->take(PageRange{first, kPagesAtOnce}.intersect(run));
      }
      seam(Seam::kTrimWhileFilling);
    }
  });
}

}  // namespace

void Trimming::prepare(TrackerState& state, double update_page) noexcept {
  update_page_ = update_page;
  if (running() || state.twin || !rule_.begins(state.buffer.size(), update_page)) return;
  try {
    make_twin(state);
    const std::lock_guard lock(state.lock);
    phase_ = Phase::kBeginning;
  } catch (const std::exception&) {
    rule_.fail();
    const std::lock_guard lock(state.lock);
    state.twin.reset();
    ++state.stats.failed_switches;
  }
}

void Trimming::trim(TrackerState& state, std::span<const PageRange> ranges) noexcept {
  compared_ = 0;
  trimmed_ = 0;
  if (phase_ == Phase::kBeginning) {
    const PageRange all = state.buffer.all_pages();
    state.differing.add(state.pending, all);
    state.differing.add(state.written_freely, all);
    phase_ = Phase::kRunning;
  }
  if (phase_ == Phase::kOff) return;
  for (const PageRange& range : ranges) {
    state.pending.for_each_run(range, [&](PageRange run) {
      compared_ += run.count;
      for (PageIndex page = run.first; page < run.end(); ++page) {
        const bool known = kMutant != Mutant::kTrimKnownDirt && state.differing.test(page);
        if (!known && state.twin->same(page)) {
          state.pending.clear({page, 1});
          ++trimmed_;
          continue;
        }
        seam(Seam::kTrimBeforeTake);
        state.twin->take({page, 1});
        state.differing.set(page);
      }
    });
  }
  state.stats.pages_trimmed += trimmed_;
}

void Trimming::finish(TrackerState& state, std::size_t reported) noexcept {
  if (!running()) {
    if (reported != 0) rule_.rest();
  } else if (!rule_.goes_on(compared_, trimmed_, update_page_)) {
    end(state);
  }
}

void Trimming::end(TrackerState& state) noexcept {
  if (!running()) return;
  phase_ = Phase::kOff;
  state.retired_twin = std::move(state.twin);
}

}  // namespace mkwrite
