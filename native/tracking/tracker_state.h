// What a tracker's lock guards: shared by the tracker and its mechanisms.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "faults/futex_lock.h"
#include "memory/buffer_object.h"
#include "memory/page_bitmap.h"
#include "tracking/tracked_view.h"
#include "tracking/twin.h"

namespace mkwrite {

/// Counts since tracking began, for `stats`.
struct TrackerStats {
  std::uint64_t write_faults = 0;  ///< SIGSEGV faults that opened a page for writing
  std::uint64_t read_faults = 0;   ///< SIGSEGV faults that opened a page for reading
  std::uint64_t collects = 0;
  std::uint64_t pages_reported = 0;
  std::uint64_t protect_calls = 0;    ///< mprotect calls of collects
  std::uint64_t pages_kept_open = 0;  ///< pages reported unseen, because they are left writable
  std::uint64_t looks = 0;            ///< of these, pages protected to see whether they still are
  std::uint64_t glances = 0;          ///< pages kept open of which a word was compared
  std::uint64_t snapshots = 0;        ///< pages kept open that were copied, for a glance
  std::uint64_t pages_opened_ahead = 0;  ///< pages opened because writes were heading for them
  std::uint64_t pages_unproved = 0;      ///< of these, pages reported without a sign of a write
  std::uint64_t pages_trimmed = 0;       ///< pages found unchanged, and so not reported
  std::uint64_t scans = 0;               ///< walks over page tables (PAGEMAP_SCAN or pagemap)
  std::uint64_t waits = 0;               ///< faults that waited for the device
  std::uint64_t pages_read_back = 0;
  std::uint64_t tables_moved = 0;     ///< page tables moved, instead of closing page after page
  std::uint64_t degradations = 0;     ///< times that ranges were widened for want of mappings
  std::uint64_t splits = 0;           ///< of the views' mappings, now
  std::uint64_t displacements = 0;    ///< times that another SIGSEGV handler stood in front
  std::uint64_t twin_memory = 0;      ///< bytes that the twin takes, now
  std::uint64_t switches = 0;         ///< changes of mechanism
  std::uint64_t failed_switches = 0;  ///< changes that the policy asked for and the kernel refused
};

struct TrackerState {
  explicit TrackerState(BufferObject& buffer_object)
      : buffer(buffer_object),
        owned(buffer.pages()),
        pending(buffer.pages()),
        differing(buffer.pages()),
        accessed(buffer.pages()),
        written_freely(buffer.pages()),
        hot(buffer.pages()),
        stays_open(buffer.pages()),
        cooled(buffer.pages()),
        returned(buffer.pages()),
        harvested(buffer.pages()),
        unproved(buffer.pages()) {}

  /// Notes pages that somebody says were written, when and how nobody knows.
  void declare(PageRange run) noexcept {
    pending.set(run);
    differing.set(run);
  }
  /// A collect is complete: pages of `range` have been reported.
  void take(PageRange range) noexcept {
    pending.clear(range);
    if (differing.any()) differing.clear(range);
  }

  /// Notes pages that a harvest found written. Device-owned ones were harvested when they were
  /// closed, and nothing can have written them since.
  void note_written(PageRange run) noexcept {
    owned.for_each_gap(run, [this](PageRange gap) {
      pending.set(gap);
      harvested.set(gap);
    });
  }
  void note_written(const PageBitmap& pages, PageRange range) noexcept {
    pending.add(pages, owned, range);
    note_found(pages, range);
  }
  /// Notes the same for the policy only.
  void note_found(const PageBitmap& pages, PageRange range) noexcept {
    harvested.add(pages, owned, range);
  }

  BufferObject& buffer;
  FutexLock lock;
  PageBitmap owned;    ///< device-owned pages: closed in every view
  PageBitmap pending;  ///< dirty pages harvested or declared, but not yet taken by a collect
  /// Of these, pages to report whatever a comparison says: the device may lack what the twin has
  /// (trimming.h).
  PageBitmap differing;
  /// Pages under CPU access: accessible in every view until it ends (dma-buf's begin/end CPU
  /// access).
  PageBitmap accessed;
  /// Of these, the ones that may be written, by whatever means: they stay writable and count as
  /// dirty in each collect.
  PageBitmap written_freely;
  /// Pages that the policy leaves writable because they are written all the time (regions.h).
  PageBitmap hot;
  /// Both of the above: a harvest reports these pages without looking and does not protect them.
  PageBitmap stays_open;
  /// Pages that were hot until all of them cooled at once, as this collect has found: for the
  /// mechanism to await their return.
  PageBitmap cooled;
  /// Pages that it has opened since the last collect, because the first of them was written again.
  PageBitmap returned;
  /// What the last harvest of `userfault` or `write-fault` found, for the policy to learn from.
  PageBitmap harvested;
  /// Of these, pages that were opened ahead of their first write, which they may not have seen yet.
  PageBitmap unproved;
  bool runs_ahead = true;  ///< whether write faults may open pages ahead
  bool looked = false;     ///< in this collect, look() has come before harvest()
  std::vector<std::unique_ptr<TrackedView>> views;
  std::unique_ptr<Twin> twin;          ///< under compare, and while reports are trimmed
  std::unique_ptr<Twin> retired_twin;  ///< of the last collect, if its use ended with it
  int armed_protection = 0;  ///< of the mechanism in force, or of the one being switched to
  TrackerStats stats;
};

}  // namespace mkwrite
