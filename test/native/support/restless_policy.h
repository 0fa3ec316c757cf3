// A policy that changes the mechanism at every collect: from each to each other in turn.
#pragma once

#include <memory>

#include "mechanisms.h"
#include "tracking/policy.h"

namespace mkwrite::test {

class RestlessPolicy final : public Policy {
 public:
  RestlessPolicy() {
    const std::vector<MechanismKind> kinds = available_mechanisms();
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      for (std::size_t j = i + 1; j < kinds.size(); ++j) {
        order_.push_back(kinds[i]);
        order_.push_back(kinds[j]);
      }
      order_.push_back(kinds[i]);
    }
  }
  MechanismKind initial() const noexcept override { return order_[0]; }
  Decision observe(std::size_t /*pages_found*/) noexcept override {
    return {order_[++next_ % order_.size()]};
  }
  std::size_t changes() const noexcept { return order_.size(); }

 private:
  std::vector<MechanismKind> order_;
  std::size_t next_ = 0;
};

}  // namespace mkwrite::test
