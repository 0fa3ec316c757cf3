// A tracker without a device: what collects report is copied, and the copy must be complete.
#pragma once

#include <string_view>

#include "stress/traffic.h"

namespace mkwrite::stress {

class CollectTraffic final : public Traffic {
 public:
  /// `pages`: of each of the `arenas` buffer objects. Throws Error.
  CollectTraffic(Counts& counts, std::uint64_t seed, std::string_view policy, std::size_t arenas,
                 std::size_t pages, std::size_t views, std::size_t owners);
  ~CollectTraffic() override;
  CollectTraffic(const CollectTraffic&) = delete;
  CollectTraffic& operator=(const CollectTraffic&) = delete;

  void frame() override;
  void settle() override;

 private:
  /// Collects `range` and copies what was reported.
  void update(std::size_t arena, PageRange range);

  std::vector<std::vector<std::byte>> copies_;  ///< by arena
  std::vector<PageRange> runs_;
};

}  // namespace mkwrite::stress
