// What the steps of tracking cost on this machine, for the policy that weighs them.
#pragma once

#include <cstddef>
#include <optional>

#include "tracking/mechanism.h"

namespace mkwrite {

/// Nanoseconds per page. Measured on cold memory, as frames find it.
struct Costs {
  /// What a mechanism charges for a page that is written.
  struct Fault {
    double in_a_row = 0;  ///< the fault, and protecting the page again together with others
    double alone = 0;     ///< the same if nothing else is protected with it
  };
  Fault by_signal;  ///< resolved by a signal handler
  Fault by_kernel;  ///< resolved by the kernel; 0 where userfault does not work
  double copy_page = 0;
  double compare_page = 0;  ///< with an equal one
  double glance_page = 0;   ///< at one word of it (glances.h)

  const Fault& fault(MechanismKind mechanism) const noexcept {
    return mechanism == MechanismKind::kUserfault ? by_kernel : by_signal;
  }
};

/// The costs of this machine, measured at the first call within a few milliseconds. Throws Error.
const Costs& machine_costs();

/// ns per page of an update of `bytes` bytes that took `ns`; nothing for a small one, which tells
/// more of the clock and the call.
std::optional<double> price_per_page(std::size_t bytes, double ns) noexcept;

/// Tells of an update that took `page` ns per page: what a copy costs in this program, with its
/// caches and its load, is better known from those that were made than from calibration.
void observe_copy(double page) noexcept;

/// What a copied page costs: as observed, within bounds around `calibrated`.
double observed_copy_page(double calibrated) noexcept;

}  // namespace mkwrite
