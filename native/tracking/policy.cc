#include "tracking/policy.h"

#include <string>

#include "memory/error.h"
#include "tracking/kernel_policy.h"

namespace mkwrite {
namespace {

class FixedPolicy final : public Policy {
 public:
  explicit FixedPolicy(MechanismKind mechanism) noexcept : mechanism_(mechanism) {}
  MechanismKind initial() const noexcept override { return mechanism_; }
  Decision observe(std::size_t /*pages_found*/) noexcept override { return {mechanism_}; }

 private:
  MechanismKind mechanism_;
};

/// Soft-dirty is the kernel's own notion of a scan; userfault comes closest where it is missing.
MechanismKind scan_mechanism() {
  std::string reasons;
  for (const MechanismKind kind : {MechanismKind::kSoftDirty, MechanismKind::kUserfault}) {
    try {
      make_mechanism(kind);
      return kind;
    } catch (const Error& error) {
      reasons += std::string(" ") + std::string(mechanism_name(kind)) + ": " + error.what();
    }
  }
  throw Error(ErrorCode::kMechanismUnavailable,
              "The policy \"kernel\" needs a mechanism that scans, and there is none here." +
                  reasons);
}

}  // namespace

std::unique_ptr<Policy> make_policy(std::string_view name, std::size_t pages) {
  for (const MechanismKind kind : kAllMechanisms) {
    if (name == mechanism_name(kind)) return std::make_unique<FixedPolicy>(kind);
  }
  if (name == "kernel") return std::make_unique<KernelPolicy>(pages, scan_mechanism());
  throw Error(ErrorCode::kInvalidArgument,
              "There is no policy \"" + std::string(name) + "\".");
}

}  // namespace mkwrite
