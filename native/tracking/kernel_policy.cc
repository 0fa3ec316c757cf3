#include "tracking/kernel_policy.h"

namespace mkwrite {
namespace {

constexpr std::size_t kScanBelowPages = 512;  // PTRS_PER_PTE: one page table
constexpr unsigned kChangeTriggers = 2;       // VMW_DIRTY_NUM_CHANGE_TRIGGERS
constexpr std::size_t kDirtyPercentage = 10;  // VMW_DIRTY_PERCENTAGE

}  // namespace

KernelPolicy::KernelPolicy(std::size_t pages, MechanismKind scan) noexcept
    : pages_(pages),
      scan_(scan),
      current_(pages < kScanBelowPages ? scan : MechanismKind::kWriteFault) {}

Policy::Decision KernelPolicy::observe(std::size_t pages_found) noexcept {
  const bool scanning = current_ == scan_;
  // A collect without write faults neither counts nor resets.
  if (!scanning && pages_found == 0) return {current_};
  const bool speaks_for_change =
      scanning ? pages_found == 0 : 100 * pages_found / pages_ > kDirtyPercentage;
  change_count_ = speaks_for_change ? change_count_ + 1 : 0;
  if (change_count_ <= kChangeTriggers) return {current_};
  change_count_ = 0;
  current_ = scanning ? MechanismKind::kWriteFault : scan_;
  // On the way to scanning the kernel throws the page-wise bits away and reports their hull.
  return {current_, !scanning};
}

}  // namespace mkwrite
