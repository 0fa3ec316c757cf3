#include "tracking/userfault.h"

#include <sys/mman.h>

#include <algorithm>

#include "faults/seam.h"
#include "tracking/tracker_state.h"
#include "tracking/userfaultfd.h"
#include "tracking/write_fault.h"

namespace mkwrite {
namespace {

// A scan costs about as much to begin as to pass this many pages.
constexpr std::size_t kScanCallPages = 512;
// Open pages are reported without looking, so runs of this many are left out of scans.
constexpr std::size_t kSkippedRun = 64;

}  // namespace

Userfault::Userfault(Foresight foresight) : foresight_(foresight) { Userfaultfd::instance(); }

// The kernel's write protection survives changes of the mapping's protection, so a page that opens
// for reading and writing still has its next write noted.
int Userfault::armed_protection() const noexcept { return PROT_READ | PROT_WRITE; }

void Userfault::arm(TrackerState& /*state*/, TrackedView& view) {
  Userfaultfd::instance().register_range(view.view().data(), view.view().size());
}

void Userfault::disarm(TrackerState& state, TrackedView& view) noexcept {
  view.tripwire = false;
  // Not those that write-fault goes on with because a change to userfault was refused.
  view.writable.remove(view.lanes, view.lanes.all());
  view.lanes.clear();
  view.dormant.clear();
  state.returned.clear();
  Userfaultfd::instance().unregister_range(view.view().data(), view.view().size());
}

// --- Collect -------------------------------------------------------------------------------------

void Userfault::look(TrackerState& state, PageRange range) {
  const auto scan = [&](TrackedView& view, PageRange part) {
    if (part.empty()) return;
    ++state.stats.scans;
    Userfaultfd::scan(view.view().data(), part, [&](PageRange run) { view.found.set(run); });
  };
  for (const auto& view : state.views) {
    if (!view->armed || view->tripwire) continue;
    view->lanes.for_each_gap(range, [&](PageRange gap) {
      PageIndex from = gap.first;
      state.stays_open.for_each_run(gap, [&](PageRange run) {
        if (run.count < kSkippedRun) return;
        // Taken as written, so that those of them are protected which shall not stay open.
        view->found.set(run);
        scan(*view, PageRange::between(from, run.first));
        from = run.end();
      });
      scan(*view, PageRange::between(from, gap.end()));
    });
    view->found.add(view->writable, range);
    state.note_written(view->found, range);
  }
}

void Userfault::prove(TrackerState& state) noexcept {
  if (foresight_ == Foresight::kOff || quiet_) return;
  for (const auto& view : state.views) {
    view->streams.observe(view->found, state.hot, view->ahead);
  }
  WriteFault::prove_ahead(state);
}

std::size_t Userfault::harvest(TrackerState& state, PageRange range) {
  if (range.empty()) return 0;
  seam(Seam::kCollectBeforeProtect);
  quiet_ = true;
  for (const auto& view : state.views) {
    if (!view->armed) continue;
    // A closed page would open without tripping the wire, so both together cannot be.
    if (view->tripwire && view->closed.any()) trip(state, *view);
    if (view->tripwire) continue;
    quiet_ = false;
    view->lanes.for_each_gap(range, [&](PageRange gap) {
      if (state.looked) {
        protect_found(state, *view, gap);
      } else {
        ++state.stats.scans;
        protect(*view, gap);
      }
    });
    WriteFault::harvest_view(state, *view, range);
    state.note_written(view->found, range);
  }
  state.note_written(state.stays_open, range);
  seam(Seam::kCollectAfterTake);
  if (foresight_ == Foresight::kOn) mind_tripwires(state, range);
  return state.harvested.count(range);
}

void Userfault::protect(TrackedView& view, PageRange range) {
  Userfaultfd::scan_and_protect(view.view().data(), range,
                                [&](PageRange run) { view.found.set(run); });
}

void Userfault::protect_found(TrackerState& state, TrackedView& view, PageRange range) {
  // Some pages stay open. What was found of the others is protected, in spans that reach from one
  // to the next where no open page lies between. What is written in a span between look and
  // protection is in the result of the protection: nothing is ever protected blindly.
  PageRange span;
  view.found.remove(state.stays_open, range);
  // Protecting a span adds pages to `found` only inside of it, behind the run that is visited.
  view.found.for_each_run(range, [&](PageRange part) {
    const bool joins = !span.empty() && part.first - span.end() < kScanCallPages &&
                       state.stays_open.next_set(span.end(), part.first) == part.first;
    if (joins) {
      span = PageRange::between(span.first, part.end());
      return;
    }
    if (!span.empty()) protect(view, span);
    span = part;
    ++state.stats.scans;
  });
  if (!span.empty()) protect(view, span);
}

void Userfault::open_ahead(TrackerState& state) {
  if (foresight_ == Foresight::kOn && !quiet_) lanes_.steer(state);
}

void Userfault::mind_tripwires(TrackerState& state, PageRange range) {
  if (quiet_) {
    ++quiet_for_;
    return;
  }
  // Somebody tripped a wire that was set not long ago: more patience next time.
  if (quiet_for_ != 0 && quiet_for_ < patience_)
    patience_ = std::min(2 * patience_, kLongestPatience);
  quiet_for_ = 0;
  const bool whole = range == state.buffer.all_pages();
  empty_harvests_ = whole && !state.harvested.any() ? empty_harvests_ + 1 : 0;
  if (empty_harvests_ < patience_ || state.accessed.any()) return;
  empty_harvests_ = 0;
  for (const auto& view : state.views) {
    const bool streams = view->lanes.count() != view->dormant.count();
    if (view->armed && !view->closed.any() && !streams) set_tripwire(state, *view);
  }
}

void Userfault::set_tripwire(TrackerState& state, TrackedView& view) {
  const PageRange all = state.buffer.all_pages();
  if (view.protect(all, PROT_READ) != 0) return;
  view.tripwire = true;
  // What was written between the last look and the protection is taken now: nobody will look again
  // until the wire is tripped. Dormant pages were read-only before.
  view.lanes.for_each_gap(all, [&](PageRange gap) {
    ++state.stats.scans;
    protect(view, gap);
  });
  state.note_written(view.found, all);
}

// --- Faults: what follows runs in the signal handler ---------------------------------------------

bool Userfault::is_open(const TrackedView& view, PageIndex page, Access access) const noexcept {
  if (access == Access::kRead) return true;
  return !view.tripwire && (!view.lanes.test(page) || view.writable.test(page));
}

int Userfault::open(TrackerState& state, TrackedView& view, PageRange pages,
                    Access access) noexcept {
  int error = view.tripwire ? trip(state, view) : 0;
  view.lanes.for_each_gap(pages, [&](PageRange gap) {
    if (error == 0) error = view.protect(gap, armed_protection());
  });
  view.lanes.for_each_run(pages, [&](PageRange run) {
    if (error != 0) return;
    error = access == Access::kRead ? view.protect(run, PROT_READ)
                                    : WriteFault::open_pages(state, view, run);
  });
  return error;
}

int Userfault::open_for_fault(TrackerState& state, TrackedView& view, PageIndex page,
                              Access access) noexcept {
  if (access == Access::kRead || !view.lanes.test(page))
    return open(state, view, {page, 1}, access);
  if (view.tripwire) {
    if (const int error = trip(state, view); error != 0) return error;
  }
  return view.dormant.test(page) ? Lanes::wake(state, view, page)
                                 : WriteFault::open_page(state, view, page);
}

int Userfault::trip(TrackerState& state, TrackedView& view) noexcept {
  int error = 0;
  view.closed.for_each_gap(state.buffer.all_pages(), [&](PageRange accessible) {
    view.lanes.for_each_gap(accessible, [&](PageRange gap) {
      if (error == 0) error = view.protect(gap, armed_protection());
    });
  });
  if (error == 0) view.tripwire = false;
  return error;
}

}  // namespace mkwrite
