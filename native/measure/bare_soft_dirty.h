// soft-dirty by hand: read the bits, clear them. Between the two a writer would be lost; this loop
// has one thread, so nobody needs to be held off.
#pragma once

#include <vector>

#include "measure/bare_loop.h"
#include "memory/scoped_fd.h"
#include "tracking/pagemap.h"

namespace mkwrite {

class BareSoftDirty final : public BareLoop {
 public:
  BareSoftDirty(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy);

 protected:
  void collect() override;

 private:
  void clear();

  std::vector<PagemapEntry> entries_;
  ScopedFd clear_refs_;
};

}  // namespace mkwrite
