// Armed by mprotect: each fault is a signal, whose handler notes the page and opens it.
#pragma once

#include <signal.h>

#include <vector>

#include "measure/armed_memory.h"

namespace mkwrite {

class ArmedByMprotect final : public ArmedMemory {
 public:
  explicit ArmedByMprotect(const ArmedMemoryOptions& options);

  void arm() override;

 protected:
  void resolving_faults(const std::function<void()>& work) override;

 private:
  static bool on_fault(siginfo_t& info, ucontext_t& context, void* user) noexcept;
  void protect(std::size_t page, std::size_t count, int protection);

  std::size_t open_pages_;
  int closed_;  ///< protection of an armed page
  /// One byte for each page, not one bit: two threads' handlers must not write the same one.
  std::vector<std::uint8_t> written_;
};

}  // namespace mkwrite
