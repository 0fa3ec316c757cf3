// vmwgfx's rule for choosing between write faults and scans
// (Linux drivers/gpu/drm/vmwgfx/vmwgfx_page_dirty.c, vmw_bo_dirty_add and vmw_bo_dirty_scan).
#pragma once

#include <cstddef>

#include "tracking/policy.h"

namespace mkwrite {

class KernelPolicy final : public Policy {
 public:
  /// `scan` is the mechanism that stands for the kernel's page-table scan.
  KernelPolicy(std::size_t pages, MechanismKind scan) noexcept;

  MechanismKind initial() const noexcept override { return current_; }
  bool harvests_everything() const noexcept override { return true; }
  /// vmwgfx never makes pages writable ahead of their fault (vmw_bo_vm_fault).
  bool runs_ahead() const noexcept override { return false; }
  Decision observe(std::size_t pages_found) noexcept override;

 private:
  std::size_t pages_;
  MechanismKind scan_;
  MechanismKind current_;
  unsigned change_count_ = 0;  ///< consecutive collects that speak for the other method
};

}  // namespace mkwrite
