// compare: pages stay writable; what differs from the twin was written. Costs the bandwidth of
// reading everything in use twice, and no fault at all. Here "written" means "changed".
#pragma once

#include "tracking/mechanism.h"

namespace mkwrite {

class Compare final : public Mechanism {
 public:
  MechanismKind kind() const noexcept override { return MechanismKind::kCompare; }
  int armed_protection() const noexcept override;
  void arm(TrackerState& state, TrackedView& view) override;
  void disarm(TrackerState& state, TrackedView& view) noexcept override;
  std::size_t harvest(TrackerState& state, PageRange range) override;
};

}  // namespace mkwrite
