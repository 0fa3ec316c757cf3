#include "tracking/tracker.h"

#include <sys/mman.h>

#include <cerrno>

#include "faults/handler.h"
#include "faults/mutant.h"
#include "memory/error.h"
#include "tracking/write_fault.h"

namespace mkwrite {
namespace {

/// How many pages one touch of a device-owned page reads back and opens, as TTM's prefault does
/// (drivers/gpu/drm/ttm/ttm_bo_vm.c, TTM_BO_VM_NUM_PREFAULT).
constexpr std::size_t kDefaultReadBackPages = 16;

/// After this many faults in a row on a page that is open as far as we know, the fault is not ours
/// to resolve. Mechanisms that close pages for a while begin the count anew (soft-dirty).
constexpr std::uint64_t kGiveUpAfter = 100'000;

}  // namespace

Tracker::Tracker(BufferObject& buffer, std::unique_ptr<Policy> policy)
    : state_(buffer),
      read_back_pages_(kDefaultReadBackPages),
      policy_(std::move(policy)),
      mechanism_(policy_->make_initial_mechanism()) {
  if (policy_->keeps_hot_pages_open()) hot_pages_.emplace(buffer.pages());
  state_.armed_protection = mechanism_->armed_protection();
  ensure_fault_handler();
  displacements_seen_ = fault_handler_stats().displaced;
}

Tracker& Tracker::begin(BufferObject& buffer, std::unique_ptr<Policy> policy) {
  auto tracker = std::make_shared<Tracker>(buffer, std::move(policy));
  Tracker& begun = *tracker;
  buffer.attach(std::move(tracker));
  begun.report_existing_data();
  return begun;
}

void Tracker::report_existing_data() noexcept {
  // Every view is armed now: a page that was written before has data in the memfd, one that is
  // written from now on is noticed by the mechanism.
  BufferObject& buffer = state_.buffer;
  try {
    buffer.for_each_data_run(buffer.all_pages(), [&](PageRange run) { mark_dirty(run); });
  } catch (const std::exception&) {
    mark_dirty(buffer.all_pages());  // too much, never too little
  }
}

MechanismKind Tracker::mechanism() const noexcept {
  const std::lock_guard serial(collect_mutex_);
  return mechanism_->kind();
}

TrackerStats Tracker::stats() const noexcept {
  const std::lock_guard lock(state_.lock);
  return state_.stats;
}

std::vector<Tracker::Explanation> Tracker::explain() const {
  std::vector<Explanation> explanations;
  if (!hot_pages_) return explanations;
  constexpr std::size_t kPages = HotPages::kRegionPages;
  const std::size_t pages = state_.buffer.pages();
  // Reserved before the lock is taken: a fault may be waiting for it.
  explanations.reserve((pages + kPages - 1) / kPages);
  const std::lock_guard lock(state_.lock);
  for (PageIndex first = 0; first < pages; first += kPages) {
    const HotPages::Explanation region = hot_pages_->explain(state_, first / kPages);
    const PageRange range{first, std::min(kPages, pages - first)};
    if (!explanations.empty() && explanations.back().region == region) {
      explanations.back().pages.count += range.count;
    } else {
      explanations.push_back({range, region});
    }
  }
  return explanations;
}

void Tracker::mark_dirty(PageRange range) noexcept {
  const std::lock_guard lock(state_.lock);
  state_.owned.for_each_gap(range, [&](PageRange gap) { state_.pending.set(gap); });
}

void Tracker::declare_written(PageRange range) noexcept {
  for (;;) {
    Seqno awaited = 0;
    {
      const std::lock_guard lock(state_.lock);
      awaited = read_back_owned(range);
      if (awaited == 0) state_.pending.set(range);
    }
    if (awaited == 0) return;
    owner_->wait(awaited);
  }
}

void Tracker::read_back(PageRange range) noexcept {
  for (;;) {
    Seqno awaited = 0;
    {
      const std::lock_guard lock(state_.lock);
      awaited = read_back_owned(range);
    }
    if (awaited == 0) return;
    owner_->wait(awaited);
  }
}

// --- Views coming and going ---------------------------------------------------------------------

void Tracker::view_created(View& view) {
  auto tracked = std::make_unique<TrackedView>(*this, view);
  const std::lock_guard serial(collect_mutex_);
  const std::unique_lock process = mechanism_->process_lock();
  const std::lock_guard lock(state_.lock);
  state_.views.reserve(state_.views.size() + 1);
  int error = 0;
  state_.owned.for_each_run(state_.owned.all(), [&](PageRange run) {
    tracked->closed.set(run);
    if (error == 0) error = tracked->protect(run, PROT_NONE);
  });
  if (error != 0) {
    throw_system_error("mprotect", error, "Raise vm.max_map_count, or free views.");
  }
  mechanism_->arm(state_, *tracked);
  // Should this fail, the page opens at the first touch; only a system call would notice.
  open_accessed(*tracked, state_.buffer.all_pages());
  tracked->armed = true;
  state_.views.push_back(std::move(tracked));
}

void Tracker::view_destroyed(View& view) noexcept {
  const std::lock_guard serial(collect_mutex_);
  std::unique_ptr<TrackedView> departing;
  {
    const std::unique_lock process = mechanism_->process_lock();
    const std::lock_guard lock(state_.lock);
    const auto found = std::ranges::find_if(
        state_.views, [&](const auto& tracked) { return &tracked->view() == &view; });
    if (found == state_.views.end()) return;
    // Harvested under the lock that keeps writers waiting, then opened (design rule 5): what is
    // written until here is not lost. Device-owned pages are read back by whoever stops tracking
    // while the view lives on.
    try {
      if (kMutant != Mutant::kUnmapWithoutCollect) {
        mechanism_->harvest(state_, state_.buffer.all_pages());
      }
    } catch (const std::exception&) {
      state_.pending.set(state_.buffer.all_pages());
      state_.pending.remove(state_.owned, state_.buffer.all_pages());
    }
    departing = std::move(*found);
    state_.views.erase(found);
    departing->armed = false;
    mechanism_->disarm(state_, *departing);
    departing->protect(state_.buffer.all_pages(), PROT_READ | PROT_WRITE);
  }
  // Outside the lock: a handler that is under way needs it to find that the view is open.
  departing->stop_routing();
}

// --- Collect -------------------------------------------------------------------------------------

void Tracker::notice_displacement() {
  ensure_fault_handler();
  const std::uint64_t displaced = fault_handler_stats().displaced;
  if (displaced == displacements_seen_) return;
  displacements_seen_ = displaced;
  const std::lock_guard lock(state_.lock);
  ++state_.stats.displacements;
  if (mechanism_->kind() == MechanismKind::kWriteFault) WriteFault::distrust(state_);
}

bool Tracker::close(PageRange range, std::size_t& found) noexcept {
  bool exact = true;
  if (hot_pages_) hot_pages_->forget(state_, range);
  for (const auto& view : state_.views) {
    const auto close_run = [&](PageRange run) {
      view->closed.set(run);
      // Protected now, so the bits may be taken (design rule 1).
      state_.pending.add(view->writable, run);
      found += view->writable.count(run);
      view->writable.clear(run);
    };
    view->closed.for_each_gap(range, [&](PageRange gap) {
      if (view->protect(gap, PROT_NONE) == 0) {
        close_run(gap);
      } else {
        exact = false;
      }
    });
    if (!exact) {
      // Out of mappings. Closing the whole view needs none; its pages open again when touched.
      ++state_.stats.degradations;
      view->protect(state_.buffer.all_pages(), PROT_NONE);
      close_run(state_.buffer.all_pages());
    }
  }
  return exact;
}

Policy::Decision Tracker::close_and_harvest(std::span<const PageRange> used,
                                            std::span<const PageRange> written) {
  bool exact = true;
  std::size_t found = 0;
  if constexpr (kMutant == Mutant::kCollectBeforeClosing) {
    for (const PageRange& range : used) mechanism_->harvest(state_, range);
    seam(Seam::kSubmitAfterClose);
    for (const PageRange& range : written) close(range, found);
    return policy_->observe(0);
  }
  for (const PageRange& range : written) exact = close(range, found) && exact;
  seam(Seam::kSubmitAfterClose);
  const auto harvest = [&](PageRange range) {
    state_.harvested.clear();
    if (hot_pages_) hot_pages_->sample(state_, range);
    found += mechanism_->harvest(state_, range);
    if (hot_pages_) hot_pages_->learn(state_, range);
  };
  if (!exact || policy_->harvests_everything()) {
    harvest(state_.buffer.all_pages());
  } else {
    for (const PageRange& range : used) harvest(range);
  }
  // Pages that may be written by means that nothing notices are dirty for as long as that lasts.
  for (const PageRange& range : used) state_.pending.add(state_.written_freely, range);
  const Policy::Decision decision = policy_->observe(found);
  if (decision.report_hull) {
    const PageRange all = state_.buffer.all_pages();
    PageRange hull;
    state_.pending.for_each_run(all, [&](PageRange run) {
      hull = hull.empty() ? run : PageRange::between(hull.first, run.end());
    });
    state_.owned.for_each_gap(hull, [&](PageRange gap) { state_.pending.set(gap); });
  }
  return decision;
}

void Tracker::switch_to(MechanismKind kind) noexcept {
  std::size_t armed = 0;
  try {
    std::unique_ptr<Mechanism> next = make_mechanism(kind);
    // At most one of the two has a process-wide lock, so taking both keeps the order.
    const std::unique_lock old_process = mechanism_->process_lock();
    const std::unique_lock next_process = next->process_lock();
    const std::lock_guard lock(state_.lock);
    const int old_protection = std::exchange(state_.armed_protection, next->armed_protection());
    try {
      // Armed before the old one is harvested for the last time: a write in between is noticed by
      // both, never by neither (design rule 5).
      for (; armed < state_.views.size(); ++armed) next->arm(state_, *state_.views[armed]);
      if (kMutant != Mutant::kSwitchWithoutCollect) {
        mechanism_->harvest(state_, state_.buffer.all_pages());
      }
    } catch (...) {
      for (std::size_t i = 0; i < armed; ++i) next->disarm(state_, *state_.views[i]);
      state_.armed_protection = old_protection;
      throw;
    }
    for (const auto& view : state_.views) {
      mechanism_->disarm(state_, *view);
      view->closed.for_each_gap(state_.buffer.all_pages(), [&](PageRange gap) {
        // Should this fail, the next access faults and tries again.
        view->protect(gap, state_.armed_protection);
      });
    }
    mechanism_ = std::move(next);
    for (const auto& view : state_.views) open_accessed(*view, state_.buffer.all_pages());
    ++state_.stats.switches;
  } catch (const std::exception&) {
    const std::lock_guard lock(state_.lock);
    ++state_.stats.failed_switches;
  }
}

// --- CPU access
// ------------------------------------------------------------------------------------

void Tracker::begin_access(PageRange range, bool writable) {
  for (;;) {
    Seqno awaited = 0;
    {
      const std::lock_guard serial(collect_mutex_);
      const std::lock_guard lock(state_.lock);
      accesses_.reserve(accesses_.size() + 1);
      awaited = read_back_owned(range);
      if (awaited == 0) {
        accesses_.push_back({range, writable});
        state_.accessed.set(range);
        if (writable) {
          state_.written_freely.set(range);
          state_.stays_open.set(range);
        }
        int error = 0;
        for (const auto& view : state_.views) {
          if (error == 0) error = open_accessed(*view, range);
        }
        if (error == 0) return;
        forget_access({range, writable});
        throw_system_error("mprotect", error, "Raise vm.max_map_count, or access less at a time.");
      }
    }
    owner_->wait(awaited);
  }
}

void Tracker::end_access(PageRange range, bool writable) noexcept {
  const std::lock_guard lock(state_.lock);
  forget_access({range, writable});
  // Once more after the end: the last write may have come after the last collect.
  if (writable) state_.pending.set(range);
}

void Tracker::forget_access(const CpuAccess& access) noexcept {
  const auto found = std::ranges::find(accesses_, access);
  if (found == accesses_.end()) return;
  accesses_.erase(found);
  state_.accessed.clear(access.range);
  state_.written_freely.clear(access.range);
  state_.stays_open.clear(access.range);
  state_.stays_open.add(state_.hot, access.range);
  for (const CpuAccess& other : accesses_) {
    state_.accessed.set(other.range);
    if (!other.writable) continue;
    state_.written_freely.set(other.range);
    state_.stays_open.set(other.range);
  }
}

void Tracker::check_not_accessed(std::span<const PageRange> written) const {
  for (const PageRange& range : written) {
    if (state_.accessed.next_set(range.first, range.end()) == range.end()) continue;
    throw Error(ErrorCode::kBusy,
                "The submission writes pages that are under CPU access. End the access (its end() "
                "or `using`) before submitting.");
  }
}

int Tracker::open_accessed(TrackedView& view, PageRange range) noexcept {
  int error = 0;
  const auto open_run = [&](PageRange run, Access access) {
    if (error == 0) error = mechanism_->open(state_, view, run, access);
    if (error == 0) view.closed.clear(run);
  };
  state_.accessed.for_each_run(range, [&](PageRange run) {
    state_.written_freely.for_each_run(run,
                                       [&](PageRange part) { open_run(part, Access::kWrite); });
    // Pages that are open already may have been written; protecting them would lose that.
    state_.written_freely.for_each_gap(run, [&](PageRange part) {
      view.closed.for_each_run(part, [&](PageRange shut) { open_run(shut, Access::kRead); });
    });
  });
  return error;
}

// --- Faults --------------------------------------------------------------------------------------
// From here on: async-signal-safe code only.

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
    // Without any lock: other faults, collects and submits go on meanwhile (design rule 4). What
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
  // The next pages of the resource will be touched soon; take along those that are done.
  const PageIndex limit = std::max(needed.end(), std::min(needed.first + read_back_pages_.load(),
                                                          owner_->end_of_resource(needed.first)));
  const PageRange window = PageRange::between(needed.first, limit);
  const PageRange range = owner_->pending_write(window) == 0 ? window : needed;
  state_.owned.for_each_run(range, [&](PageRange run) {
    if (kMutant != Mutant::kOpenWithoutReadback) owner_->read_back(run);
    if (kMutant == Mutant::kTouchViewUnderLock) {
      static_cast<void>(*static_cast<volatile std::byte*>(state_.views[0]->address(run.first)));
    }
    state_.stats.pages_read_back += run.count;
  });
  state_.owned.clear(range);
  return 0;
}

Tracker::Opening Tracker::open(TrackedView& view, PageIndex page, Access access) noexcept {
  if (view.closed.test(page)) {
    const PageIndex limit = std::min(page + read_back_pages_.load(), state_.buffer.pages());
    const PageIndex end =
        std::min(view.closed.next_clear(page, limit), state_.owned.next_set(page, limit));
    const PageRange window = PageRange::between(page, end);
    if (view.protect(window, state_.armed_protection) != 0) return widen(view, page);
    view.closed.clear(window);
    view.repeats = 0;
    ++(access == Access::kRead ? state_.stats.read_faults : state_.stats.write_faults);
    if (mechanism_->is_open(view, page, access)) return Opening::kDone;
  } else {
    if (mechanism_->is_open(view, page, access)) return reopen(view, page, access);
    ++state_.stats.write_faults;
  }
  view.repeats = 0;
  if (mechanism_->open(state_, view, {page, 1}, access) != 0) return widen(view, page);
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
