// Every policy with a twin above it.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "eager_trimming.h"
#include "mechanisms.h"

namespace mkwrite::test {

/// Calls `test` with each policy that may run below a twin.
template <typename Test>
void for_each_policy(Test&& test) {
  const auto run = [&](const std::string& policy) {
    CAPTURE(policy);
    test(policy);
  };
  for_each_mechanism([&](MechanismKind kind) {
    if (kind != MechanismKind::kCompare) run(std::string(mechanism_name(kind)));
  });
  run("auto");
}

}  // namespace mkwrite::test
