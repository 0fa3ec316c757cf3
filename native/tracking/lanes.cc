#include "tracking/lanes.h"

#include <sys/mman.h>

#include <algorithm>

#include "faults/mutant.h"
#include "faults/seam.h"
#include "memory/error.h"
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

// At most so many runs of pages lie dormant in a view. Each splits its mapping.
constexpr std::size_t kDormantRuns = 8;
// Pages that cool again so few collects after their return, of which it takes some three to find
// that out, may not all have been written.
constexpr unsigned kShortestReturn = 8;

}  // namespace

void Lanes::Rest::begin() noexcept {
  left_ = next_;
  next_ = std::min(2 * next_, kLongestRest);
}

void Lanes::steer(TrackerState& state) {
  const bool good = worthwhile(state);
  rest_.pass();
  put_to_rest(state);
  for (const auto& view : state.views) {
    if (!view->armed || view->tripwire) continue;
    if (view->lanes.any() && (!good || !view->streams.any())) end_lanes(state, *view);
    if (!rest_.over()) continue;
    view->streams.for_each_window([&](PageRange window) {
      const PageRange open = make_lane(state, *view, window);
      if (open.count < Streams::kSmallestWindow) return PageRange{};
      // The last page stays protected, to tell whether the stream has passed.
      const PageRange ahead{open.first, open.count - 1};
      if (WriteFault::open_pages(state, *view, ahead) != 0) return PageRange{};
      view->dormant.clear(open);
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
  rest_.begin();
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
  if (added.empty() || !leave(state, view, added)) return before;
  return PageRange::between(window.first, std::min(window.end(), added.end()));
}

bool Lanes::leave(TrackerState& state, TrackedView& view, PageRange pages) {
  seam(Seam::kLaneBeforeProtect);
  if (!view.may_split(2) || view.protect(pages, PROT_READ) != 0) return false;
  // Protected now; what was written since the collect looked is noted before the kernel forgets it.
  if (kMutant != Mutant::kLaneWithoutLooking) {
    Userfaultfd::scan(view.view().data(), pages, [&](PageRange run) { state.note_written(run); });
  }
  if (!Userfaultfd::instance().unregister_range(view.address(pages.first),
                                                pages.count * kPageSize)) {
    view.protect(pages, PROT_READ | PROT_WRITE);
    return false;
  }
  view.lanes.set(pages);
  return true;
}

void Lanes::end_lanes(TrackerState& state, TrackedView& view) {
  view.lanes.for_each_run(view.lanes.all(), [&](PageRange run) {
    view.dormant.for_each_gap(run, [&](PageRange lane) { end_lane(state, view, lane); });
  });
}

void Lanes::end_lane(TrackerState& state, TrackedView& view, PageRange lane) {
  WriteFault::harvest_view(state, view, lane);
  // Write-protected by both for a moment, but for what stays open.
  Userfaultfd& userfaultfd = Userfaultfd::instance();
  userfaultfd.register_open(view.address(lane.first), lane.count * kPageSize);
  try {
    state.stays_open.for_each_gap(lane, [&](PageRange part) {
      userfaultfd.protect_registered(view.address(part.first), part.count * kPageSize);
    });
  } catch (const Error&) {
    userfaultfd.unregister_range(view.address(lane.first), lane.count * kPageSize);
    throw;
  }
  // Pages that were still writable are noted as written.
  state.pending.add(view.writable, state.owned, lane);
  view.writable.clear(lane);
  view.ahead.clear(lane);
  view.lanes.clear(lane);
  // Should this fail, the next access faults, and its page is opened there.
  view.closed.for_each_gap(lane, [&](PageRange gap) { view.protect(gap, PROT_READ | PROT_WRITE); });
}

void Lanes::put_to_rest(TrackerState& state) {
  wakeful_.pass();
  if (since_return_ <= kShortestReturn) ++since_return_;
  if (state.returned.any()) {
    state.returned.clear();
    since_return_ = 0;
  }
  if (!state.cooled.any()) return;
  if (since_return_ <= kShortestReturn) wakeful_.begin();
  if (!wakeful_.over()) return;
  for (const auto& view : state.views) {
    if (!view->armed || view->tripwire) continue;
    std::size_t runs = 0;
    state.cooled.for_each_run(state.cooled.all(), [&](PageRange run) {
      const auto none = [&](const PageBitmap& pages) {
        return pages.next_set(run.first, run.end()) == run.end();
      };
      if (run.count < Streams::kSmallestWindow || runs == kDormantRuns) return;
      if (!none(view->closed) || !none(view->lanes) || !none(state.stays_open)) return;
      if (!leave(state, *view, run)) return;
      view->dormant.set(run);
      ++runs;
    });
  }
}

// --- Faults: what follows runs in the signal handler ---------------------------------------------

int Lanes::wake(TrackerState& state, TrackedView& view, PageIndex page) noexcept {
  if (!view.may_split(2)) return WriteFault::open_page(state, view, page);
  const PageRange pages = view.dormant.run_around(page);
  const int error = WriteFault::open_pages(state, view, pages);
  if (error != 0) return error;
  view.dormant.clear(pages);
  view.ahead.set(pages);
  view.ahead.clear({page, 1});
  state.returned.set(pages);
  state.stats.pages_opened_ahead += pages.count - 1;
  return 0;
}

}  // namespace mkwrite
