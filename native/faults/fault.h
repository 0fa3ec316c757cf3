// What a page fault is to the layers above, and who may resolve one.
#pragma once

#include <cstdint>

namespace mkwrite {

enum class Access { kRead, kWrite, kExecute };

struct Fault {
  std::uintptr_t address;
  Access access;
};

enum class FaultOutcome {
  kResolved,  ///< the instruction can be executed again
  kNotOurs,   ///< hand the signal to whoever handled it before us
};

/// Resolves faults of one region of memory.
class FaultSink {
 public:
  /// Runs in the SIGSEGV handler of the thread that faulted, on that thread's stack, possibly on
  /// several threads at once: only async-signal-safe calls, no allocation, no exception. May wait.
  virtual FaultOutcome on_fault(const Fault& fault) noexcept = 0;

 protected:
  ~FaultSink() = default;
};

}  // namespace mkwrite
