// compare by hand: one pass over everything, against a twin of its own.
#pragma once

#include <cstring>
#include <vector>

#include "measure/bare_loop.h"

namespace mkwrite {

class BareCompare final : public BareLoop {
 public:
  BareCompare(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy)
      : BareLoop(std::move(buffer), std::move(copy)), twin_(data(), data() + size()) {}

 protected:
  void collect() override {
    for (PageIndex page = 0; page < all_pages().count; ++page) {
      const std::size_t offset = page * kPageSize;
      if (std::memcmp(twin_.data() + offset, data() + offset, kPageSize) == 0) continue;
      std::memcpy(twin_.data() + offset, data() + offset, kPageSize);
      if (runs().empty() || runs().back().end() != page) runs().push_back({page, 0});
      ++runs().back().count;
    }
  }

 private:
  std::vector<std::byte> twin_;
};

}  // namespace mkwrite
