// A policy that changes the mechanism at every collect.
#pragma once

#include <memory>

#include "mechanisms.h"
#include "tracking/policy.h"

namespace mkwrite::test {

class RestlessPolicy final : public Policy {
 public:
  MechanismKind initial() const noexcept override { return kinds_[0]; }
  Decision observe(std::size_t /*pages_found*/) noexcept override {
    return {kinds_[++next_ % kinds_.size()]};
  }

 private:
  const std::vector<MechanismKind> kinds_ = available_mechanisms();
  std::size_t next_ = 0;
};

}  // namespace mkwrite::test
