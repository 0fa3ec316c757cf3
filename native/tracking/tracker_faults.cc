// The tracker's part of the fault handler: async-signal-safe code only.
#include <sys/mman.h>

#include <algorithm>

#include "faults/mutant.h"
#include "tracking/tracker.h"

namespace mkwrite {
namespace {

/// After this many faults in a row on a page that is open as far as we know, the fault is not ours
/// to resolve. Mechanisms that close pages for a while begin the count anew (soft-dirty).
constexpr std::uint64_t kGiveUpAfter = 100'000;

/// The most pages that one touch reads back: from here on the fault is a small part of copying
/// them. Other faults of the buffer object wait meanwhile, for about half a millisecond.
constexpr std::size_t kLargestReadBack = 1024;

}  // namespace

FaultOutcome Tracker::resolve(TrackedView& view, PageIndex page, Access access) noexcept {
  const PageRange all = state_.buffer.all_pages();
  for (PageRange needed{page, 1};;) {
    Seqno awaited = 0;
    {
      const std::lock_guard lock(state_.lock);
      if (!view.armed) return FaultOutcome::kResolved;
      awaited = read_back_owned(needed);
      if (awaited == 0) {
        const Opening opening = open(view, page, access);
        if (opening == Opening::kDone) return FaultOutcome::kResolved;
        if (opening == Opening::kHopeless || needed == all) return FaultOutcome::kNotOurs;
        // Only the view as a whole can be opened, which the device's pages in it forbid.
        needed = all;
        continue;
      }
      ++state_.stats.waits;
      if (kMutant == Mutant::kWaitUnderLock) owner_->wait(awaited);
    }
    // Without any lock: other faults, collects and submits go on meanwhile (rule 4). What
    // was true before the wait is looked at again after it.
    seam(Seam::kHandlerBeforeWait);
    owner_->wait(awaited);
    seam(Seam::kHandlerAfterWait);
  }
}

Seqno Tracker::read_back_owned(PageRange needed) noexcept {
  if (state_.owned.next_set(needed.first, needed.end()) == needed.end()) return 0;
  if (const Seqno pending = owner_->pending_write(needed); pending != 0) return pending;
  seam(Seam::kHandlerBeforeReadback);
  PageRange& range = read_back_window(needed);
  if (owner_->pending_write(range) != 0) range = needed;
  state_.owned.for_each_run(range, [&](PageRange run) {
    if (kMutant != Mutant::kOpenWithoutReadback) owner_->read_back(run);
    if (kMutant == Mutant::kTouchViewUnderLock) {
      static_cast<void>(*static_cast<volatile std::byte*>(state_.views[0]->address(run.first)));
    }
    if (state_.twin) state_.twin->take(run);
    state_.stats.pages_read_back += run.count;
  });
  state_.owned.clear(range);
  return 0;
}

PageRange& Tracker::read_back_window(PageRange needed) noexcept {
  const std::size_t least = read_back_pages_.load();
  // A touch where the last window ended goes on, upwards or downwards.
  PageRange* last = std::ranges::find_if(read_backs_, [&](const PageRange& window) {
    return needed.first == window.end() || needed.end() == window.first;
  });
  std::size_t count = least;
  if (last == read_backs_.end()) {
    last = &read_backs_[next_read_back_++ % read_backs_.size()];
  } else if (least > 1) {
    count = std::max(count, std::min(2 * last->count, kLargestReadBack));
  }
  count = std::max(count, needed.count);
  const PageRange resource = owner_->resource_around(needed.first);
  PageRange window = PageRange::between(
      needed.first, std::max(needed.end(), std::min(needed.first + count, resource.end())));
  // Who reads downwards has the pages that follow already.
  if (needed.count == 1 && state_.owned.next_set(needed.end(), window.end()) == window.end()) {
    const std::size_t before = std::min(count - 1, needed.first - resource.first);
    window = PageRange::between(needed.first - before, needed.end());
  }
  // A large one ends where a page table does, so that those that go on from there open whole
  // tables.
  if (window.count >= pages_per_table() / 2 && needed.first == window.first) {
    const PageIndex up = covering_tables(window).end();
    const PageIndex end = up - window.first <= kLargestReadBack ? up : up - pages_per_table();
    if (end > needed.end() && end <= resource.end()) window.count = end - window.first;
  }
  *last = window;
  return *last;
}

PageRange Tracker::open_window(const TrackedView& view, PageIndex page) const noexcept {
  const std::size_t count = read_back_pages_.load();
  // What was read back together opens together.
  const auto* const read_back = std::ranges::find_if(
      read_backs_, [&](const PageRange& window) { return window.contains(page); });
  const PageRange within =
      (read_back != read_backs_.end()
           ? *read_back
           : PageRange::between(page - std::min(page, count - 1), page + count))
          .intersect(state_.buffer.all_pages());
  const PageIndex end = std::min(view.closed.next_clear(page, within.end()),
                                 state_.owned.next_set(page, within.end()));
  if (end > page + 1) return PageRange::between(page, end);
  PageIndex first = page;
  while (first > within.first && view.closed.test(first - 1) && !state_.owned.test(first - 1)) {
    --first;
  }
  return PageRange::between(first, end);
}

Tracker::Opening Tracker::open(TrackedView& view, PageIndex page, Access access) noexcept {
  if (view.closed.test(page)) {
    const PageRange window = open_window(view, page);
    if (mechanism_->open(state_, view, window, Access::kRead) != 0) return widen(view, page);
    view.closed.clear(window);
    view.repeats = 0;
    ++(access == Access::kRead ? state_.stats.read_faults : state_.stats.write_faults);
    if (mechanism_->is_open(view, page, access)) return Opening::kDone;
  } else {
    if (mechanism_->is_open(view, page, access)) return reopen(view, page, access);
    ++state_.stats.write_faults;
  }
  view.repeats = 0;
  if (mechanism_->open_for_fault(state_, view, page, access) != 0) return widen(view, page);
  return Opening::kDone;
}

Tracker::Opening Tracker::reopen(TrackedView& view, PageIndex page, Access access) noexcept {
  view.repeats = page == view.last_fault ? view.repeats + 1 : 0;
  view.last_fault = page;
  if (view.repeats >= kGiveUpAfter) return Opening::kHopeless;
  // Another thread's fault opened it meanwhile, most likely, and then this changes nothing. But it
  // may also be that its protection could not be set for want of mappings, or that we only believe
  // it open (WriteFault::distrust).
  const Access granted = mechanism_->is_open(view, page, Access::kWrite) ? Access::kWrite : access;
  return mechanism_->open(state_, view, {page, 1}, granted) == 0 ? Opening::kDone
                                                                 : widen(view, page);
}

Tracker::Opening Tracker::widen(TrackedView& view, PageIndex page) noexcept {
  if (kMutant == Mutant::kGiveUpWithoutMappings) return Opening::kHopeless;
  // Between device-owned pages the mapping's borders exist already, so that opening all of a gap
  // merges mappings instead of splitting them.
  PageRange around;
  state_.owned.for_each_gap(state_.buffer.all_pages(), [&](PageRange gap) {
    if (gap.contains(page)) around = gap;
  });
  ++state_.stats.degradations;
  if (mechanism_->open(state_, view, around, Access::kWrite) != 0) {
    return Opening::kOutOfMappings;
  }
  view.closed.clear(around);
  view.repeats = 0;
  return Opening::kDone;
}

}  // namespace mkwrite
