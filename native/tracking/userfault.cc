#include "tracking/userfault.h"

#include <sys/mman.h>

#include <algorithm>

#include "faults/seam.h"
#include "tracking/tracker_state.h"
#include "tracking/userfaultfd.h"

namespace mkwrite {

Userfault::Userfault(Tripwire tripwire) : tripwire_(tripwire) { Userfaultfd::instance(); }

// The kernel's write protection survives changes of the mapping's protection, so a page that opens
// for reading and writing still has its next write noted.
int Userfault::armed_protection() const noexcept { return PROT_READ | PROT_WRITE; }

void Userfault::arm(TrackerState& /*state*/, TrackedView& view) {
  Userfaultfd::instance().register_range(view.view().data(), view.view().size());
}

void Userfault::disarm(TrackerState& /*state*/, TrackedView& view) noexcept {
  Userfaultfd::instance().unregister_range(view.view().data(), view.view().size());
}

std::size_t Userfault::harvest(TrackerState& state, PageRange range) {
  if (range.empty()) return 0;
  seam(Seam::kCollectBeforeProtect);
  const std::size_t before = state.harvested.count();
  bool quiet = true;
  for (const auto& view : state.views) {
    if (!view->armed) continue;
    // A closed page would open without tripping the wire, so both together cannot be.
    if (view->tripwire && view->closed.any()) trip(state, *view);
    if (view->tripwire) continue;
    quiet = false;
    harvest_view(state, *view, range);
  }
  state.stays_open.for_each_run(range, [&](PageRange run) { state.note_written(run); });
  seam(Seam::kCollectAfterTake);
  const std::size_t found = state.harvested.count() - before;
  if (tripwire_ == Tripwire::kOff) return found;
  if (quiet) {
    ++quiet_for_;
    return found;
  }
  // Somebody tripped a wire that was set not long ago: more patience next time.
  if (quiet_for_ != 0 && quiet_for_ < patience_)
    patience_ = std::min(2 * patience_, kLongestPatience);
  quiet_for_ = 0;
  const bool whole = range == state.buffer.all_pages();
  empty_harvests_ = found == 0 && whole ? empty_harvests_ + 1 : 0;
  if (empty_harvests_ < patience_ || state.accessed.any()) return found;
  empty_harvests_ = 0;
  for (const auto& view : state.views) {
    if (view->armed && !view->closed.any()) set_tripwire(state, *view);
  }
  return state.harvested.count() - before;
}

void Userfault::set_tripwire(TrackerState& state, TrackedView& view) {
  const PageRange all = state.buffer.all_pages();
  if (view.protect(all, PROT_READ) != 0) return;
  view.tripwire = true;
  // What was written between the last look and the protection is taken now: nobody will look again
  // until the wire is tripped.
  harvest_view(state, view, all);
}

// What follows runs in the signal handler.

bool Userfault::is_open(const TrackedView& view, PageIndex /*page*/, Access access) const noexcept {
  return access == Access::kRead || !view.tripwire;
}

int Userfault::open(TrackerState& state, TrackedView& view, PageRange pages,
                    Access /*access*/) noexcept {
  return view.tripwire ? trip(state, view) : view.protect(pages, armed_protection());
}

int Userfault::trip(TrackerState& state, TrackedView& view) noexcept {
  int error = 0;
  view.closed.for_each_gap(state.buffer.all_pages(), [&](PageRange gap) {
    if (error == 0) error = view.protect(gap, armed_protection());
  });
  if (error == 0) view.tripwire = false;
  return error;
}

void Userfault::harvest_view(TrackerState& state, TrackedView& view, PageRange range) {
  std::byte* const base = view.view().data();
  const auto note = [&](PageRange run) { state.note_written(run); };
  ++state.stats.scans;
  if (state.stays_open.next_set(range.first, range.end()) == range.end()) {
    Userfaultfd::scan_and_protect(base, range, note);
    return;
  }
  // Some pages shall stay open. So look first; then protect the gaps between those, but only the
  // gaps in which something was written. What is written in a gap between look and protection is in
  // the result of the protection: nothing is ever protected blindly.
  PageIndex done = range.first;
  Userfaultfd::scan(base, range, [&](PageRange run) {
    state.stays_open.for_each_gap(
        PageRange::between(std::max(run.first, done), run.end()), [&](PageRange part) {
          if (part.first < done) return;
          const PageIndex end = state.stays_open.next_set(part.first, range.end());
          ++state.stats.scans;
          Userfaultfd::scan_and_protect(base, PageRange::between(part.first, end), note);
          done = end;
        });
  });
}

}  // namespace mkwrite
