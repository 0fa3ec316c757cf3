#include "tracking/soft_dirty.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "faults/seam.h"
#include "memory/error.h"
#include "memory/scoped_fd.h"
#include "tracking/pagemap.h"
#include "tracking/tracker_state.h"

namespace mkwrite {
namespace {

struct ArmedView {
  TrackerState* state;
  TrackedView* view;
  /// Pages that had a page-table entry at the last harvest. A shared page whose entry is reclaimed
  /// takes its soft-dirty bit along, so one that is absent now must count as dirty.
  PageBitmap present;
  bool locked = false;  ///< its page-table entries cannot be reclaimed
  bool fresh = true;    ///< not harvested yet: its bits tell of the time before tracking
};

/// Guards the list and the clear. Order: before every tracker's lock, so that its holder alone may
/// hold several of those.
std::mutex owner_mutex;
/// All views under soft-dirty, of all trackers. Never destroyed: late threads may still collect.
std::vector<std::unique_ptr<ArmedView>>& armed_views() {
  static auto* const views = new std::vector<std::unique_ptr<ArmedView>>;
  return *views;
}

void clear_bits() {
  // Opened anew each time: an inherited descriptor would clear the parent's bits in a forked child.
  const ScopedFd fd(open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC));
  if (!fd || write(fd.get(), "4", 1) != 1) {
    throw_system_error("write(\"/proc/self/clear_refs\")", errno,
                       "Mount /proc writable, and let the process be dumpable (man 2 prctl, "
                       "PR_SET_DUMPABLE).");
  }
}

/// Takes away write access to everything that is not closed. A writer then faults and waits
/// for the tracker's lock. Pages under CPU access are left alone, for a system call would fail;
/// they count as dirty anyway. Returns false when mappings ran out.
bool hold_off_writers(const ArmedView& armed) noexcept {
  bool complete = true;
  armed.view->closed.for_each_gap(armed.view->closed.all(), [&](PageRange gap) {
    armed.state->stays_open.for_each_gap(gap, [&](PageRange part) {
      if (armed.view->protect(part, PROT_READ) != 0) complete = false;
    });
  });
  return complete;
}

void let_writers_go(const ArmedView& armed) noexcept {
  armed.view->repeats = 0;  // whoever was held off has found its page open
  armed.view->closed.for_each_gap(armed.view->closed.all(), [&](PageRange gap) {
    // Should this fail, the next access faults, and opening the page is tried again there.
    armed.view->protect(gap, armed.state->armed_protection);
  });
}

/// Moves the bits of one view into its tracker's pending dirt and returns how many there were.
std::size_t read_bits(ArmedView& armed) {
  std::size_t found = 0;
  std::array<PagemapEntry, 512> entries;
  TrackerState& state = *armed.state;
  ++state.stats.scans;
  for (PageRange rest = state.buffer.all_pages(); !rest.empty();) {
    const PageRange part{rest.first, std::min(rest.count, entries.size())};
    read_pagemap(armed.view->address(part.first), std::span(entries).first(part.count));
    for (PageIndex page = part.first; page < part.end(); ++page) {
      const PagemapEntry entry = entries[page - part.first];
      const bool vanished = !entry.present() && armed.present.test(page);
      if (!armed.fresh && (entry.soft_dirty() || vanished) && !state.owned.test(page)) {
        state.pending.set(page);
        ++found;
      }
      if (entry.present()) {
        armed.present.set(page);
      } else {
        armed.present.clear({page, 1});
      }
    }
    rest = PageRange::between(part.end(), rest.end());
  }
  if (!armed.locked && !armed.fresh) {
    // A page may have been written and reclaimed since the last harvest, and then there is no trace
    // of it here. What has data in the file and no entry counts as written.
    state.buffer.for_each_data_run(state.buffer.all_pages(), [&](PageRange run) {
      armed.present.for_each_gap(run, [&](PageRange absent) {
        state.owned.for_each_gap(absent, [&](PageRange gap) {
          state.pending.set(gap);
          found += gap.count;
        });
      });
    });
  }
  return found;
}

/// Read and clear are two steps, so every writer of every view is held off around both: whatever
/// is written before is read, whatever comes after sets its bit after the clear.
/// The caller holds owner_mutex and the lock of `held`; the others' are taken here. Returns how
/// many pages of `held` were found written.
std::size_t collect_everything(const TrackerState& held) {
  std::size_t found = 0;
  auto& views = armed_views();
  std::vector<TrackerState*> others;
  for (const auto& armed : views) {
    if (armed->state != &held && std::ranges::find(others, armed->state) == others.end()) {
      others.push_back(armed->state);
    }
  }
  for (TrackerState* other : others) other->lock.lock();

  seam(Seam::kCollectBeforeProtect);
  std::exception_ptr failure;
  try {
    for (const auto& armed : views) {
      const bool held_off = hold_off_writers(*armed);
      seam(Seam::kCollectAfterProtect);
      const std::size_t in_view = read_bits(*armed);
      if (armed->state == &held) found += in_view;
      if (!held_off) {
        // Somebody may write between read and clear: everything counts as written.
        TrackerState& state = *armed->state;
        ++state.stats.degradations;
        state.owned.for_each_gap(state.owned.all(), [&](PageRange gap) { state.pending.set(gap); });
      }
    }
    seam(Seam::kSoftDirtyBeforeClear);
    clear_bits();
    for (const auto& armed : views) armed->fresh = false;
  } catch (...) {
    // The bits were not cleared, so nothing is lost; pages moved already are reported twice.
    failure = std::current_exception();
  }
  for (const auto& armed : views) let_writers_go(*armed);
  for (TrackerState* other : others) other->lock.unlock();
  if (failure) std::rethrow_exception(failure);
  return found;
}

bool page_is_soft_dirty(const std::byte* page) {
  std::array<PagemapEntry, 1> entry{};
  read_pagemap(page, entry);
  return entry[0].soft_dirty();
}

/// Without CONFIG_MEM_SOFT_DIRTY the clear succeeds and nothing is ever dirty; some kernels lay
/// pagemap out differently before the first clear, and one architecture cleared but never set
/// again. So: clear, clean, write, dirty; twice. Nobody may be armed, for this clears everybody's
/// bits.
bool round_trip_works() {
  const auto scratch = BufferObject::create(kPageSize);
  const auto view = scratch->create_view();
  auto* const byte = reinterpret_cast<volatile char*>(view->data());
  *byte = 1;
  for (const char value : {char{2}, char{3}}) {
    // As a collect does it. Kernels before 6.0 make a dirty page writable again without noting its
    // next write, which only this order shows (change_pte_range in mm/mprotect.c).
    if (mprotect(view->data(), view->size(), PROT_READ) != 0) return false;
    clear_bits();
    if (mprotect(view->data(), view->size(), PROT_READ | PROT_WRITE) != 0) return false;
    if (page_is_soft_dirty(view->data())) return false;
    *byte = value;
    if (!page_is_soft_dirty(view->data())) return false;
  }
  return true;
}

}  // namespace

SoftDirty::SoftDirty() {
  const std::lock_guard lock(owner_mutex);
  // Tried once, before the first tracker exists; the answer cannot change while the kernel runs.
  static std::optional<bool> works;
  if (!works) works = round_trip_works();
  if (!*works) {
    throw Error(
        ErrorCode::kMechanismUnavailable,
        "This kernel does not report soft-dirty pages: after a clear, a written page still "
        "looks clean.",
        "Use a kernel built with CONFIG_MEM_SOFT_DIRTY on x86-64 (Debian, Ubuntu, Fedora and "
        "Alpine have it).",
        0);
  }
}

int SoftDirty::armed_protection() const noexcept { return PROT_READ | PROT_WRITE; }

std::unique_lock<std::mutex> SoftDirty::process_lock() { return std::unique_lock(owner_mutex); }

void SoftDirty::arm(TrackerState& state, TrackedView& view) {
  // Keeps page-table entries, and with them the bits, from being reclaimed. It may be refused
  // (RLIMIT_MEMLOCK); read_bits then takes the absence of an entry for a write.
  constexpr unsigned kOnFault = 1;  // MLOCK_ONFAULT
  const bool locked = syscall(SYS_mlock2, view.view().data(), view.view().size(), kOnFault) == 0;

  auto& views = armed_views();
  views.push_back(
      std::make_unique<ArmedView>(&state, &view, PageBitmap(state.buffer.pages()), locked));
  try {
    collect_everything(state);
  } catch (...) {
    disarm(state, view);
    throw;
  }
}

void SoftDirty::disarm(TrackerState& /*state*/, TrackedView& view) noexcept {
  std::erase_if(armed_views(), [&](const auto& armed) { return armed->view == &view; });
  munlock(view.view().data(), view.view().size());
}

std::size_t SoftDirty::harvest(TrackerState& state, PageRange /*range*/) {
  return collect_everything(state);
}

}  // namespace mkwrite
