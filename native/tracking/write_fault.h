// write-fault: pages are read-only until the first write, whose SIGSEGV sets their bit and opens
// them. The userspace page_mkwrite(). Costs O(dirty pages): a signal for each, and at collect one
// protection from the first to the last of them.
#pragma once

#include "tracking/mechanism.h"

namespace mkwrite {

class WriteFault final : public Mechanism {
 public:
  MechanismKind kind() const noexcept override { return MechanismKind::kWriteFault; }
  int armed_protection() const noexcept override;
  void arm(TrackerState& state, TrackedView& view) override;
  void disarm(TrackerState& state, TrackedView& view) noexcept override;
  std::size_t harvest(TrackerState& state, PageRange range) override;
  bool is_open(const TrackedView& view, PageIndex page, Access access) const noexcept override;
  int open(TrackerState& state, TrackedView& view, PageRange pages,
           Access access) noexcept override;

  /// Declares everything in every view dirty: while another handler stood in front of ours, faults
  /// may have opened pages that we do not know of.
  static void distrust(TrackerState& state) noexcept;

 private:
  static std::size_t harvest_view(TrackerState& state, TrackedView& view, PageRange range) noexcept;
};

}  // namespace mkwrite
