// A policy that does what another does, and trims reports from the first collect on.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "tracking/policy.h"

namespace mkwrite::test {

class EagerTrimming final : public Policy {
 public:
  EagerTrimming(std::unique_ptr<Policy> policy, std::size_t twin_limit) noexcept
      : policy_(std::move(policy)), twin_limit_(twin_limit) {}
  MechanismKind initial() const noexcept override { return policy_->initial(); }
  std::unique_ptr<Mechanism> make(MechanismKind kind) const override { return policy_->make(kind); }
  const Costs* costs() const noexcept override { return policy_->costs(); }
  TrimTerms trims() const noexcept override { return {twin_limit_, 0}; }
  bool runs_ahead() const noexcept override { return policy_->runs_ahead(); }
  bool harvests_everything() const noexcept override { return policy_->harvests_everything(); }
  void note(Effort effort) noexcept override { policy_->note(effort); }
  void refused() noexcept override { policy_->refused(); }
  Decision observe(std::size_t pages_found) noexcept override {
    return policy_->observe(pages_found);
  }

 private:
  std::unique_ptr<Policy> policy_;
  std::size_t twin_limit_;
};

/// The policy of that name for `pages` pages, trimming as far as `twin_limit` allows.
inline std::unique_ptr<Policy> trimming(std::string_view name, std::size_t pages,
                                        std::size_t twin_limit = SIZE_MAX) {
  return std::make_unique<EagerTrimming>(make_policy(name, pages), twin_limit);
}

}  // namespace mkwrite::test
