// write-fault: pages are read-only until the first write, whose SIGSEGV sets their bit and opens
// them. The userspace page_mkwrite(). Costs O(dirty pages): a signal for each, fewer where writes
// follow each other through memory (run_ahead.h), and at collect one protection from the first to
// the last of them.
#pragma once

#include "tracking/mechanism.h"

namespace mkwrite {

class WriteFault final : public Mechanism {
 public:
  MechanismKind kind() const noexcept override { return MechanismKind::kWriteFault; }
  int armed_protection() const noexcept override;
  void arm(TrackerState& state, TrackedView& view) override;
  void disarm(TrackerState& state, TrackedView& view) noexcept override;
  void look(TrackerState& state, PageRange range) override;
  void prove(TrackerState& state) noexcept override;
  std::size_t harvest(TrackerState& state, PageRange range) override;
  bool is_open(const TrackedView& view, PageIndex page, Access access) const noexcept override;
  int open(TrackerState& state, TrackedView& view, PageRange pages,
           Access access) noexcept override;
  int open_for_fault(TrackerState& state, TrackedView& view, PageIndex page,
                     Access access) noexcept override;

  // The same for mechanisms that leave part of a view, `view.lanes`, to write faults.

  /// Says in `state.unproved` which pages were found only because they were opened ahead.
  static void prove_ahead(TrackerState& state) noexcept;
  /// Takes what was written in `range` and protects it again. Returns how many pages that were.
  static std::size_t harvest_view(TrackerState& state, TrackedView& view, PageRange range) noexcept;
  /// Opens `page` and perhaps what follows it. Runs in the signal handler. Returns 0 or errno.
  static int open_page(TrackerState& state, TrackedView& view, PageIndex page) noexcept;
  /// Opens pages and notes that. Runs in the signal handler. Returns 0 or errno.
  static int open_pages(TrackerState& state, TrackedView& view, PageRange pages) noexcept;

  /// Declares all pages in every view dirty that write faults track: while another handler stood in
  /// front of ours, faults may have opened pages that we do not know of.
  static void distrust(TrackerState& state, bool lanes_only) noexcept;

 private:
  /// The part of `window` around `page` that is neither open nor closed, and that the budget of
  /// mappings allows; more than the window when the budget is used up.
  static PageRange openable(TrackerState& state, const TrackedView& view, PageIndex page,
                            PageRange window) noexcept;
};

}  // namespace mkwrite
