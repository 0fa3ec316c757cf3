// A tracker without a device: what collects report is copied, and the copy must be complete.
#pragma once

#include <vector>

#include "stress/traffic.h"
#include "tracking/device_owner.h"

namespace mkwrite::stress {

/// What trackers believe to be on the other side: what crosses to it is slow at times.
class Bus final : public DeviceOwner {
 public:
  /// ns per page; 0: as fast as memory.
  void set_price(double price) noexcept { price_ = price; }

  double update_page() const noexcept override { return price_; }
  // Nothing is ever device-owned.
  Seqno pending_write(PageRange /*pages*/) const noexcept override { return 0; }
  PageRange resource_around(PageIndex page) const noexcept override { return {page, 1}; }
  void wait(Seqno /*seqno*/) noexcept override {}
  void read_back(PageRange /*pages*/) noexcept override {}

 private:
  double price_ = 0;  ///< this thread's, which alone collects
};

class CollectTraffic final : public Traffic {
 public:
  /// Throws Error.
  CollectTraffic(Counts& counts, std::uint64_t seed, const Grounds& grounds);
  ~CollectTraffic() override;
  CollectTraffic(const CollectTraffic&) = delete;
  CollectTraffic& operator=(const CollectTraffic&) = delete;

  void frame() override;
  void settle() override;

 private:
  /// Collects `range` and copies what was reported.
  void update(std::size_t arena, PageRange range);

  Bus bus_;
  const bool trims_;
  std::vector<std::vector<std::byte>> copies_;  ///< by arena
  std::vector<PageRange> runs_;
};

}  // namespace mkwrite::stress
