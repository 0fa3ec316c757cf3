// The process's SIGSEGV handler: routes faults in registered regions to their sinks and every other
// one to whoever handled SIGSEGV before.
#pragma once

#include <cstdint>

namespace mkwrite {

/// Puts our handler in front, if it is not there, and returns whether somebody had replaced it
/// since we last looked (always false the first time). Then faults may have gone elsewhere
/// meanwhile, so the caller must treat every page that relies on write faults as dirty. One system
/// call when nothing changed. Thread-safe; not for signal handlers. Throws Error (kSystem).
bool ensure_fault_handler();

/// Counts of this process, for `stats`.
struct FaultHandlerStats {
  std::uint64_t routed;     ///< faults that a sink resolved
  std::uint64_t chained;    ///< signals handed to an earlier handler
  std::uint64_t displaced;  ///< how often another handler was found in front
};
FaultHandlerStats fault_handler_stats() noexcept;

}  // namespace mkwrite
