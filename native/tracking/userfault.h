// userfault: the kernel notes the first write to each page by itself (userfaultfd WP_ASYNC), and one
// scan both lists and re-protects what was written (PAGEMAP_SCAN). No signal; system calls work.
#pragma once

#include "tracking/mechanism.h"

namespace mkwrite {

class Userfault final : public Mechanism {
 public:
  /// Throws Error (kMechanismUnavailable).
  Userfault();

  MechanismKind kind() const noexcept override { return MechanismKind::kUserfault; }
  int armed_protection() const noexcept override;
  void arm(TrackerState& state, TrackedView& view) override;
  void disarm(TrackerState& state, TrackedView& view) noexcept override;
  std::size_t harvest(TrackerState& state, PageRange range) override;
};

}  // namespace mkwrite
