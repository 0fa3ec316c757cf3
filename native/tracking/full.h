// full: learns nothing and reports everything. The baseline, and the right choice for buffers that
// are rewritten as a whole.
#pragma once

#include "tracking/mechanism.h"

namespace mkwrite {

class Full final : public Mechanism {
 public:
  MechanismKind kind() const noexcept override { return MechanismKind::kFull; }
  int armed_protection() const noexcept override;
  void arm(TrackerState& state, TrackedView& view) override;
  void disarm(TrackerState& state, TrackedView& view) noexcept override;
  std::size_t harvest(TrackerState& state, PageRange range) override;
};

}  // namespace mkwrite
