// A deliberate slowness, so that a comparison of measurements can be shown to find one. Only in
// builds with MKWRITE_SEAMS.
#pragma once

namespace mkwrite {

/// Makes every fault take MKWRITE_SLOW_FAULT_NS (from the environment) nanoseconds longer, through
/// the seam before the lookup. Does nothing without that variable, or without seams.
void slow_faults_from_environment() noexcept;

}  // namespace mkwrite
