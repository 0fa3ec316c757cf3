// What the steps of tracking cost on this machine, for the policy that weighs them.
#pragma once

#include <cstddef>

#include "tracking/mechanism.h"

namespace mkwrite {

/// Nanoseconds. Measured on cold memory, as frames find it.
struct Costs {
  double signal_fault =
      0;  ///< a write fault resolved by a signal handler, its page protected again
  double kernel_fault = 0;  ///< the same, resolved by the kernel; 0 where userfault does not work
  double copy_page = 0;     ///< copying a page
  double compare_page = 0;  ///< comparing a page with an equal one

  /// A tracked write under `mechanism`.
  double fault(MechanismKind mechanism) const noexcept {
    return mechanism == MechanismKind::kUserfault ? kernel_fault : signal_fault;
  }
};

/// The costs of this machine, measured at the first call within a few milliseconds. Throws Error.
const Costs& machine_costs();

/// Tells of an update of `bytes` bytes that took `ns`: what a copy costs in this program, with its
/// caches and its load, is better known from those that were made than from calibration.
void observe_copy(std::size_t bytes, double ns) noexcept;

/// What a copied page costs: as observed, within bounds around `calibrated`.
double observed_copy_page(double calibrated) noexcept;

}  // namespace mkwrite
