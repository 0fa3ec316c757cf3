// One view under a tracker: its protection, and which of its pages are open or closed.
#pragma once

#include <cstdint>

#include "faults/fault.h"
#include "faults/region_table.h"
#include "memory/buffer_object.h"
#include "memory/page_bitmap.h"
#include "tracking/mapping_budget.h"
#include "tracking/parked_tables.h"
#include "tracking/run_ahead.h"
#include "tracking/streams.h"

namespace mkwrite {

class Tracker;

class TrackedView final : public FaultSink {
 public:
  TrackedView(Tracker& tracker, View& view);
  ~TrackedView();

  FaultOutcome on_fault(const Fault& fault) noexcept override;

  View& view() const noexcept { return view_; }
  std::byte* address(PageIndex page) const noexcept { return view_.data() + page * kPageSize; }

  /// mprotect. Returns 0 or errno (ENOMEM: out of mappings). Async-signal-safe but for PROT_NONE.
  int protect(PageRange range, int protection) noexcept;

  /// How many times the view's mapping is split.
  std::size_t splits() const noexcept { return splits_; }
  /// Whether the budget of mappings allows that many more.
  bool may_split(std::size_t more) const noexcept { return budget_.fits(more); }

  /// Stops routing faults of this view here, and waits for those under way. No lock may be held.
  void stop_routing() noexcept { region_.reset(); }

  // Guarded by the tracker's lock.

  PageBitmap lanes;       ///< under userfault: pages that are left to write faults (lanes.h)
  PageBitmap dormant;     ///< of these, pages that will be written again all together (lanes.h)
  PageBitmap writable;    ///< of pages tracked by write faults, those that can be written unnoticed
  PageBitmap closed;      ///< pages without any access (device-owned now, or until the next touch)
  bool tripwire = false;  ///< under userfault: read-only as a whole until the first write
  bool armed = false;     ///< false: on its way in or out, every fault is answered with "try again"
  std::uint64_t repeats = 0;  ///< faults in a row that found `last_fault` open already
  PageIndex last_fault = 0;
  /// Pages that were opened although nobody had written them yet, and that no later fault has shown
  /// to be part of a sequence: they are reported, but prove nothing.
  PageBitmap ahead;
  ParkedTables tables;  ///< under write-fault: the page tables of closed parts
  RunAhead run_ahead;   ///< the sequences that write faults follow
  PageBitmap found;     ///< under userfault: what the last collect found written in this view
  Streams streams;      ///< under userfault: the sequences that collects follow

 private:
  /// Corrects the borders at both ends of `range`, whose pages now have the same protection.
  void note_borders(PageRange range) noexcept;
  void note_border(PageIndex page) noexcept;

  Tracker& tracker_;
  View& view_;
  MappingBudget& budget_;
  // What mprotect has made of each page; neither means read-only.
  PageBitmap inaccessible_;
  PageBitmap read_write_;
  PageBitmap borders_;      ///< pages whose protection differs from that of the page before
  std::size_t splits_ = 0;  ///< their number
  ScopedRegion region_;
};

}  // namespace mkwrite
