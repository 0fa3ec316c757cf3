// The tracker's CPU access: ranges that stay accessible for system calls.
#include "memory/error.h"
#include "tracking/tracker.h"

namespace mkwrite {

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

}  // namespace mkwrite
