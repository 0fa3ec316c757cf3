#include "tracking/write_fault.h"

#include <sys/mman.h>

#include <cerrno>

#include "faults/mutant.h"
#include "faults/seam.h"
#include "memory/error.h"
#include "tracking/tracker_state.h"

namespace mkwrite {

int WriteFault::armed_protection() const noexcept { return PROT_READ; }

void WriteFault::arm(TrackerState& state, TrackedView& view) {
  int error = 0;
  view.closed.for_each_gap(state.buffer.all_pages(), [&](PageRange gap) {
    if (error == 0) error = view.protect(gap, PROT_READ);
  });
  if (error != 0) {
    throw_system_error("mprotect", error,
                       "Raise vm.max_map_count, or use a mechanism that does not split mappings.");
  }
  // Pages of lanes, where a change comes from userfault: protected now, so their bits may be taken
  // (rule 1 in docs/rules.md: protect, then take the bits, then copy).
  if (kMutant != Mutant::kArmWithoutTaking) state.note_written(view.writable, view.writable.all());
  view.writable.clear();
  view.tables.allow(true);
}

void WriteFault::disarm(TrackerState& /*state*/, TrackedView& view) noexcept {
  view.tables.allow(false);
  view.writable.clear();
}

void WriteFault::look(TrackerState& state, PageRange range) {
  for (const auto& view : state.views) {
    view->found.add(view->writable, range);
    state.note_found(view->writable, range);
  }
}

void WriteFault::prove(TrackerState& state) noexcept { prove_ahead(state); }

void WriteFault::prove_ahead(TrackerState& state) noexcept {
  const PageRange all = state.buffer.all_pages();
  for (const auto& view : state.views) {
    view->ahead.for_each_run(all, [&](PageRange run) {
      state.unproved.add(view->found, run);
      state.stats.pages_unproved += view->found.count(run);
    });
    view->ahead.remove(view->found, all);
  }
}

std::size_t WriteFault::harvest(TrackerState& state, PageRange range) {
  std::size_t found = 0;
  for (const auto& view : state.views) {
    if (view->armed) found += harvest_view(state, *view, range);
  }
  return found;
}

std::size_t WriteFault::harvest_view(TrackerState& state, TrackedView& view,
                                     PageRange range) noexcept {
  view.run_ahead.collected();
  if (!view.writable.any()) return 0;
  view.found.add(view.writable, range);
  seam(Seam::kCollectBeforeProtect);
  // Protect first, then take the bits (rule 1). The lock keeps the handler from opening a
  // page in between (rule 2).
  bool out_of_mappings = false;
  const auto protect = [&](PageRange run) {
    ++state.stats.protect_calls;
    if (kMutant == Mutant::kTakeWithoutProtecting) return;
    if (view.protect(run, PROT_READ) != 0) out_of_mappings = true;
  };
  std::size_t found = 0;
  // One mprotect reaches from the first dirty page to the last: mappings in between that are
  // read-only already cost it next to nothing (mprotect_fixup in mm/mprotect.c returns at once for
  // them), and TLBs are flushed once. Measured on 16,384 pages of which 0.1 to 10 % are dirty,
  // scattered: 2.0 us per dirty page; a call for each run 3.0.
  PageRange span;
  const auto add = [&](PageRange run) {
    // Closed pages have no access at all and must keep it that way (rule 7); pages between lanes
    // keep theirs, and some of ours stay writable.
    if (!span.empty() &&
        (!view.lanes.any() || view.lanes.next_clear(span.end(), run.first) == run.first) &&
        view.closed.next_set(span.end(), run.first) == run.first &&
        state.stays_open.next_set(span.end(), run.first) == run.first) {
      span = PageRange::between(span.first, run.end());
      return;
    }
    if (!span.empty()) protect(span);
    span = run;
  };
  view.writable.for_each_run(range, [&](PageRange run) {
    found += run.count;
    state.stays_open.for_each_gap(run, add);
  });
  if (!span.empty()) protect(span);
  seam(Seam::kCollectAfterProtect);

  state.note_written(view.writable, range);
  if (!out_of_mappings) {
    // Clears all but what stays open.
    state.stays_open.for_each_gap(range, [&](PageRange gap) { view.writable.clear(gap); });
    return found;
  }
  // Out of mappings. One protection over the whole view needs none: its parts merge. Where
  // closed pages forbid that, the pages stay open and keep their bits, so that the next collect
  // reports them again: too much, never too little (rule 8).
  ++state.stats.degradations;
  const PageRange all = state.buffer.all_pages();
  if (!view.lanes.any() && !view.closed.any() && !state.stays_open.any() &&
      view.protect(all, PROT_READ) == 0) {
    state.pending.add(view.writable, all);
    view.writable.clear();
  }
  return found;
}

bool WriteFault::is_open(const TrackedView& view, PageIndex page, Access access) const noexcept {
  return access == Access::kRead || view.writable.test(page);
}

int WriteFault::open(TrackerState& state, TrackedView& view, PageRange pages,
                     Access access) noexcept {
  return access == Access::kRead ? view.protect(pages, PROT_READ) : open_pages(state, view, pages);
}

int WriteFault::open_pages([[maybe_unused]] TrackerState& state, TrackedView& view,
                           PageRange pages) noexcept {
  if constexpr (kMutant == Mutant::kOpenWithoutLock) {
    view.writable.set(pages);
    state.lock.unlock();
  }
  seam(Seam::kHandlerBeforeOpen);
  // The tracker's lock makes one step of these two: a collect between them would either miss the
  // bit or leave the page open without one (rule 2).
  const int error = view.protect(pages, PROT_READ | PROT_WRITE);
  if constexpr (kMutant == Mutant::kOpenWithoutLock) {
    state.lock.lock();
    return error;
  }
  if (error == 0) view.writable.set(pages);
  return error;
}

int WriteFault::open_for_fault(TrackerState& state, TrackedView& view, PageIndex page,
                               Access access) noexcept {
  return access == Access::kRead ? view.protect({page, 1}, PROT_READ)
                                 : open_page(state, view, page);
}

int WriteFault::open_page(TrackerState& state, TrackedView& view, PageIndex page) noexcept {
  RunAhead::Advice advice{{page, 1}, {}};
  if (state.runs_ahead) advice = view.run_ahead.on_fault(page, state.buffer.pages());
  view.ahead.clear(advice.confirmed);
  const PageRange window = openable(state, view, page, advice.window);
  const int error = open_pages(state, view, window);
  if (error != 0 || window.count == 1) return error;
  view.ahead.set(window);
  view.ahead.clear({page, 1});
  state.stats.pages_opened_ahead += window.count - 1;
  return 0;
}

PageRange WriteFault::openable(TrackerState& state, const TrackedView& view, PageIndex page,
                               PageRange window) noexcept {
  if (!view.may_split(2)) {
    // Neighbours open together, so that splits cannot be more than two for each such block.
    constexpr std::size_t kBlock = 512;
    const PageIndex first = page - page % kBlock;
    window = PageRange{first, kBlock}.intersect(state.buffer.all_pages());
    ++state.stats.degradations;
  }
  const auto taken = [&](PageIndex at) {
    return view.closed.test(at) || view.writable.test(at) ||
           (view.lanes.any() && !view.lanes.test(at));
  };
  PageIndex first = page;
  while (first > window.first && !taken(first - 1)) --first;
  PageIndex end = page + 1;
  while (end < window.end() && !taken(end)) ++end;
  return PageRange::between(first, end);
}

void WriteFault::distrust(TrackerState& state, bool lanes_only) noexcept {
  const PageRange all = state.buffer.all_pages();
  for (const auto& view : state.views) {
    if (lanes_only) {
      view->writable.add(view->lanes, view->closed, all);
    } else {
      view->closed.for_each_gap(all, [&](PageRange gap) { view->writable.set(gap); });
    }
  }
}

}  // namespace mkwrite
