#include "tracking/trim_rule.h"

#include <algorithm>

namespace mkwrite {
namespace {

// A bus is slow when an update takes as long as this many local copies.
constexpr double kSlowCopies = 4;
// Comparing a page and copying it to the twin cost no more than this many local copies.
constexpr double kTwinCopies = 2;

}  // namespace

bool TrimRule::begins(std::size_t bytes, double update_page) const noexcept {
  return bytes <= terms_.twin_limit && resting_ == 0 &&
         update_page >= kSlowCopies * terms_.copy_page;
}

void TrimRule::rest() noexcept {
  if (resting_ != 0) --resting_;
}

void TrimRule::stop() noexcept {
  resting_ = next_rest_;
  next_rest_ = std::min(2 * next_rest_, kLongestRest);
  collects_ = 0;
  compared_ = 0;
  trimmed_ = 0;
}

bool TrimRule::goes_on(std::size_t compared, std::size_t trimmed, double update_page) noexcept {
  if (compared == 0) return true;
  compared_ += compared;
  trimmed_ += trimmed;
  if (++collects_ < kWindow) return true;
  const double spent = static_cast<double>(compared_) * kTwinCopies * terms_.copy_page;
  if (static_cast<double>(trimmed_) * update_page < spent) {
    stop();
    return false;
  }
  next_rest_ = kWindow;
  collects_ = 0;
  compared_ = 0;
  trimmed_ = 0;
  return true;
}

}  // namespace mkwrite
