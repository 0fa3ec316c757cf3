// One view under a tracker: its protection, and which of its pages are open or closed.
#pragma once

#include <cstdint>

#include "faults/fault.h"
#include "faults/region_table.h"
#include "memory/buffer_object.h"
#include "memory/page_bitmap.h"

namespace mkwrite {

class Tracker;

class TrackedView final : public FaultSink {
 public:
  TrackedView(Tracker& tracker, View& view);

  FaultOutcome on_fault(const Fault& fault) noexcept override;

  View& view() const noexcept { return view_; }
  std::byte* address(PageIndex page) const noexcept { return view_.data() + page * kPageSize; }

  /// mprotect. Returns 0 or errno (ENOMEM: out of mappings). Async-signal-safe.
  int protect(PageRange range, int protection) noexcept;

  /// Stops routing faults of this view here, and waits for those under way. No lock may be held.
  void stop_routing() noexcept { region_.reset(); }

  // Guarded by the tracker's lock.

  PageBitmap writable;    ///< under write-fault: pages that can be written unnoticed
  PageBitmap closed;      ///< pages without any access (device-owned now, or until the next touch)
  bool tripwire = false;  ///< under userfault: read-only as a whole until the first write
  bool armed = false;     ///< false: on its way in or out, every fault is answered with "try again"
  std::uint64_t repeats = 0;  ///< faults in a row that found `last_fault` open already
  PageIndex last_fault = 0;

 private:
  Tracker& tracker_;
  View& view_;
  ScopedRegion region_;
};

}  // namespace mkwrite
