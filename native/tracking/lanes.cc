#include "tracking/lanes.h"

#include <sys/mman.h>

#include <algorithm>

#include "faults/mutant.h"
#include "faults/seam.h"
#include "tracking/tracker_state.h"
#include "tracking/userfaultfd.h"
#include "tracking/write_fault.h"

namespace mkwrite {
namespace {

// A signal takes about as long as this many faults that the kernel resolves.
constexpr std::uint64_t kSignalInKernelFaults = 8;
constexpr unsigned kLongestRest = 1024;

// Lanes grow by whole words of bitmaps, so that streams split mappings in few places.
constexpr std::size_t kUnit = 64;

}  // namespace

void Lanes::steer(TrackerState& state) {
  const bool good = worthwhile(state);
  if (rest_ != 0) --rest_;
  for (const auto& view : state.views) {
    if (!view->armed || view->tripwire) continue;
    if (view->lanes.any() && (!good || !view->streams.any())) end_lanes(state, *view);
    if (rest_ != 0) continue;
    view->streams.for_each_window([&](PageRange window) {
      const PageRange open = make_lane(state, *view, window);
      if (open.count < Streams::kSmallestWindow) return PageRange{};
      // The last page stays protected, to tell whether the stream has passed.
      const PageRange ahead{open.first, open.count - 1};
      if (WriteFault::open_pages(state, *view, ahead) != 0) return PageRange{};
      view->ahead.set(ahead);
      state.stats.pages_opened_ahead += ahead.count;
      return open;
    });
  }
}

bool Lanes::worthwhile(const TrackerState& state) noexcept {
  const std::uint64_t faults = state.stats.write_faults - faults_before_;
  faults_before_ = state.stats.write_faults;
  std::size_t written = 0;
  for (const auto& view : state.views) {
    view->lanes.for_each_run(view->lanes.all(),
                             [&](PageRange run) { written += view->found.count(run); });
  }
  constexpr std::uint64_t kFew = 16;
  if (faults <= kFew || faults * kSignalInKernelFaults < written) return true;
  rest_ = next_rest_;
  next_rest_ = std::min(2 * next_rest_, kLongestRest);
  return false;
}

PageRange Lanes::make_lane(TrackerState& state, TrackedView& view, PageRange window) {
  const PageRange all = state.buffer.all_pages();
  window = window.intersect(all);
  // Closed pages, and pages that stay open, are in nobody's way and nobody's lane.
  const PageIndex end = std::min(view.closed.next_set(window.first, window.end()),
                                 state.stays_open.next_set(window.first, window.end()));
  window = PageRange::between(window.first, end);
  const PageIndex known = view.lanes.next_clear(window.first, window.end());
  if (known == window.end()) return window;
  PageRange added = PageRange::between(known, (window.end() + kUnit - 1) / kUnit * kUnit);
  added = added.intersect(all);
  added = PageRange::between(added.first, std::min({view.closed.next_set(known, added.end()),
                                                    state.stays_open.next_set(known, added.end()),
                                                    view.lanes.next_set(known, added.end())}));
  const PageRange before = PageRange::between(window.first, known);
  seam(Seam::kLaneBeforeProtect);
  if (added.empty() || !view.may_split(2) || view.protect(added, PROT_READ) != 0) return before;
  // Protected now; what was written since the collect looked is noted before the kernel forgets it.
  if (kMutant != Mutant::kLaneWithoutLooking) {
    Userfaultfd::scan(view.view().data(), added, [&](PageRange run) { state.note_written(run); });
  }
  if (!Userfaultfd::instance().unregister_range(view.address(added.first),
                                                added.count * kPageSize)) {
    view.protect(added, PROT_READ | PROT_WRITE);
    return before;
  }
  view.lanes.set(added);
  return PageRange::between(window.first, std::min(window.end(), added.end()));
}

void Lanes::end_lanes(TrackerState& state, TrackedView& view) {
  view.lanes.for_each_run(view.lanes.all(), [&](PageRange run) {
    WriteFault::harvest_view(state, view, run);
    // Write-protected by both for a moment. Pages that were still writable are noted as written.
    Userfaultfd::instance().register_range(view.address(run.first), run.count * kPageSize);
    state.pending.add(view.writable, state.owned, run);
    view.writable.clear(run);
    view.ahead.clear(run);
    view.lanes.clear(run);
    // Should this fail, the next access faults, and its page is opened there.
    view.closed.for_each_gap(run,
                             [&](PageRange gap) { view.protect(gap, PROT_READ | PROT_WRITE); });
  });
}

}  // namespace mkwrite
