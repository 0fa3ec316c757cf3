// userfault by hand: one PAGEMAP_SCAN that lists and protects, with room for every possible run.
#pragma once

#include <vector>

#include "measure/bare_loop.h"
#include "tracking/uapi.h"

namespace mkwrite {

class BareUserfault final : public BareLoop {
 public:
  BareUserfault(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy);

 protected:
  void collect() override;

 private:
  std::vector<uapi::PageRegion> regions_;
  int pagemap_;
};

}  // namespace mkwrite
