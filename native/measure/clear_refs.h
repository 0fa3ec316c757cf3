// Clearing the soft-dirty bits of the whole process, and what that costs everybody.
#pragma once

#include <cstdint>

namespace mkwrite {

/// Writes 4 to /proc/self/clear_refs and returns the CPU time that took in ns. All trackers lose
/// what they have not collected, so there must be none that uses soft-dirty. On a kernel without
/// soft-dirty it walks the page tables and changes nothing. Throws Error (kSystem).
std::int64_t clear_refs();

}  // namespace mkwrite
