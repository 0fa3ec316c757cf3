// full by hand: copy everything.
#pragma once

#include <utility>

#include "measure/bare_loop.h"

namespace mkwrite {

class BareFull final : public BareLoop {
 public:
  BareFull(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy)
      : BareLoop(std::move(buffer), std::move(copy)) {}

 protected:
  void collect() override { runs().push_back(all_pages()); }
};

}  // namespace mkwrite
