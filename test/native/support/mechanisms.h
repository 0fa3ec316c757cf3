// One suite for every mechanism: calls a test for each that works on this machine, and says loudly
// which ones do not.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "memory/error.h"
#include "tracking/mechanism.h"

namespace mkwrite::test {

inline std::vector<MechanismKind> find_available_mechanisms() {
  std::vector<MechanismKind> kinds;
  for (const MechanismKind kind : kAllMechanisms) {
    try {
      make_mechanism(kind);
      kinds.push_back(kind);
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::kMechanismUnavailable);
      const bool required =
          kind == MechanismKind::kSoftDirty && std::getenv("MKWRITE_REQUIRE_SOFT_DIRTY") != nullptr;
      REQUIRE_FALSE(required);
      const std::string reason = error.what();
      MESSAGE("SKIPPED on this machine: ", std::string(mechanism_name(kind)), ". ", reason);
    }
  }
  return kinds;
}

/// Looked for once per program.
inline const std::vector<MechanismKind>& available_mechanisms() {
  static const std::vector<MechanismKind> kinds = find_available_mechanisms();
  return kinds;
}

inline bool available(MechanismKind kind) {
  return std::ranges::find(available_mechanisms(), kind) != available_mechanisms().end();
}

template <typename Test>
void for_each_mechanism(Test&& test) {
  for (const MechanismKind kind : available_mechanisms()) {
    const std::string mechanism(mechanism_name(kind));
    CAPTURE(mechanism);
    test(kind);
  }
}

/// For tests of mechanisms that report exactly what was written.
template <typename Test>
void for_each_exact_mechanism(Test&& test) {
  for_each_mechanism([&](MechanismKind kind) {
    if (kind != MechanismKind::kFull) test(kind);
  });
}

}  // namespace mkwrite::test
