// Whether, and under which name, a hypervisor shows itself.
#pragma once

#include <optional>
#include <string>

namespace mkwrite {

/// The vendor's signature, such as "KVMKVMKVM"; empty if none shows itself; nothing where the
/// processor cannot tell (arm64).
std::optional<std::string> hypervisor();

}  // namespace mkwrite
