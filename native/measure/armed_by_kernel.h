// Armed so that the kernel resolves the faults by itself.
#pragma once

#include "measure/armed_memory.h"
#include "memory/scoped_fd.h"

namespace mkwrite {

/// By userfaultfd's asynchronous write protection.
class ArmedByUserfault final : public ArmedMemory {
 public:
  explicit ArmedByUserfault(const ArmedMemoryOptions& options);
  void arm() override;
};

/// By clearing the soft-dirty bits, of this whole process.
class ArmedBySoftDirty final : public ArmedMemory {
 public:
  explicit ArmedBySoftDirty(const ArmedMemoryOptions& options);
  void arm() override;
};

}  // namespace mkwrite
