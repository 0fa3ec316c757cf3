#include "measure/clock.h"

#include <array>

namespace mkwrite {

std::int64_t clock_cost_ns() {
  static const std::int64_t cost = [] {
    std::array<std::int64_t, 1001> readings{};
    for (std::int64_t& reading : readings) {
      const std::int64_t begin = now_ns();
      reading = now_ns() - begin;
    }
    auto* const middle = readings.begin() + readings.size() / 2;
    std::nth_element(readings.begin(), middle, readings.end());
    return *middle;
  }();
  return cost;
}

}  // namespace mkwrite
