#include "tracking/policy.h"

#include <atomic>
#include <string>

#include "memory/error.h"
#include "tracking/kernel_policy.h"
#include "tracking/reading_rule.h"
#include "tracking/userfault.h"

namespace mkwrite {
namespace {

// Relaxed: it orders nothing, and trackers that another thread makes meanwhile may have either.
std::atomic<bool> fixed_runs_ahead{true};

class FixedPolicy final : public Policy {
 public:
  explicit FixedPolicy(MechanismKind mechanism) noexcept : mechanism_(mechanism) {}
  MechanismKind initial() const noexcept override { return mechanism_; }
  bool runs_ahead() const noexcept override {
    return fixed_runs_ahead.load(std::memory_order_relaxed);
  }
  Decision observe(std::size_t /*pages_found*/) noexcept override { return {mechanism_}; }

 private:
  MechanismKind mechanism_;
};

/// Tracks with the cheapest mechanism there is, but what the CPU only reads by write faults, leaves
/// pages open where that costs less, opens what writes are heading for, and puts an idle buffer
/// object behind a tripwire.
class AutoPolicy final : public Policy {
 public:
  AutoPolicy(std::size_t pages, std::size_t twin_limit)
      : twin_limit_(twin_limit),
        mechanism_(available(MechanismKind::kUserfault) ? MechanismKind::kUserfault
                                                        : MechanismKind::kWriteFault),
        costs_(machine_costs()),
        reading_rule_(pages, costs_) {}
  MechanismKind initial() const noexcept override { return mechanism_; }
  std::unique_ptr<Mechanism> make(MechanismKind kind) const override {
    if (kind == MechanismKind::kUserfault) return std::make_unique<Userfault>(Foresight::kOn);
    return make_mechanism(kind);
  }
  const Costs* costs() const noexcept override { return &costs_; }
  TrimTerms trims() const noexcept override { return {twin_limit_, costs_.copy_page}; }
  void note(Effort effort) noexcept override {
    reading_rule_.observe(effort.tables, effort.writes);
  }
  void refused() noexcept override { reading_rule_.refuse(); }
  Decision observe(std::size_t /*pages_found*/) noexcept override {
    return {reading_rule_.uses_write_faults() ? MechanismKind::kWriteFault : mechanism_};
  }

 private:
  static bool available(MechanismKind kind) {
    try {
      make_mechanism(kind);
      return true;
    } catch (const Error&) {
      return false;  // `stats` tells which mechanism runs instead
    }
  }

  std::size_t twin_limit_;
  MechanismKind mechanism_;
  Costs costs_;
  ReadingRule reading_rule_;
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
  throw Error(
      ErrorCode::kMechanismUnavailable,
      "The policy \"kernel\" needs a mechanism that scans, and there is none here." + reasons);
}

}  // namespace

std::unique_ptr<Policy> make_policy(std::string_view name, std::size_t pages,
                                    std::size_t twin_limit) {
  if (twin_limit != 0 && name != "auto") {
    throw Error(ErrorCode::kInvalidArgument,
                "The policy \"" + std::string(name) +
                    "\" trims no reports, so it takes no limit for a twin. Use \"auto\".");
  }
  for (const MechanismKind kind : kAllMechanisms) {
    if (name == mechanism_name(kind)) return std::make_unique<FixedPolicy>(kind);
  }
  if (name == "auto") return std::make_unique<AutoPolicy>(pages, twin_limit);
  if (name == "kernel") return std::make_unique<KernelPolicy>(pages, scan_mechanism());
  throw Error(ErrorCode::kInvalidArgument, "There is no policy \"" + std::string(name) + "\".");
}

void set_runs_ahead(bool runs_ahead) noexcept {
  fixed_runs_ahead.store(runs_ahead, std::memory_order_relaxed);
}

}  // namespace mkwrite
