// soft-dirty: bit 55 of /proc/self/pagemap, reset by writing 4 to /proc/self/clear_refs
// (Documentation/admin-guide/mm/soft-dirty.rst). The clear is process-wide, so whoever collects
// harvests every tracker that uses it.
#pragma once

#include "tracking/mechanism.h"

namespace mkwrite {

class SoftDirty final : public Mechanism {
 public:
  /// Throws Error (kMechanismUnavailable) if a round trip shows that the kernel reports nothing.
  SoftDirty();

  MechanismKind kind() const noexcept override { return MechanismKind::kSoftDirty; }
  int armed_protection() const noexcept override;
  std::unique_lock<std::mutex> process_lock() override;
  void arm(TrackerState& state, TrackedView& view) override;
  void disarm(TrackerState& state, TrackedView& view) noexcept override;
  std::size_t harvest(TrackerState& state, PageRange range) override;
};

}  // namespace mkwrite
