// Finds out what works on this machine by doing it: never by version, configuration or return code.
#pragma once

#include <string>

#include "tracking/mechanism.h"

namespace mkwrite {

struct Availability {
  bool available = false;
  std::string reason;  ///< why not; empty if available
  std::string remedy;  ///< what would change that
};

/// Tracks a small buffer object under `kind`: write, collect, look; a few milliseconds at most.
Availability try_mechanism(MechanismKind kind);

/// Whether read(2) into a tracked page works under `kind` or fails with EFAULT.
/// The mechanism must be available. Throws Error (kSystem).
bool system_calls_work(MechanismKind kind);

}  // namespace mkwrite
