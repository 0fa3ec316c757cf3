#include "tracking/run_ahead.h"

#include <algorithm>

namespace mkwrite {
namespace {

/// Up to `count` pages from `page` on, in the direction given.
PageRange window_at(PageIndex page, std::size_t count, bool upwards, std::size_t pages) noexcept {
  if (upwards) return PageRange::between(page, std::min(page + count, pages));
  const PageIndex end = page + 1;
  return PageRange::between(end - std::min(count, end), end);
}

}  // namespace

RunAhead::Advice RunAhead::on_fault(PageIndex page, std::size_t pages) noexcept {
  ++faults_;
  Sequence* oldest = &sequences_[0];
  for (Sequence& sequence : sequences_) {
    if (sequence.used < oldest->used) oldest = &sequence;
    if (sequence.used == 0) continue;
    const PageRange before = sequence.window;
    const bool above = page == before.end();
    const bool below = page + 1 == before.first;
    const bool fresh = sequence.collects != collects_;
    const bool single = before.count == 1 && sequence.written == 0;
    const bool follows = (sequence.upwards ? above : below) || (single && (above || below));
    // After a collect it goes on somewhere in its last window, as far as that was used.
    const bool resumes = fresh && before.contains(page);
    if (!follows && !resumes) continue;
    if (follows) sequence.upwards = above;

    Advice advice;
    std::size_t count = 1;
    if (fresh) {
      count = std::clamp<std::size_t>(sequence.written / 4, 1, kLargestWindow);
      sequence.written = 0;
    } else {
      advice.confirmed = before;
      sequence.written += before.count;
      if (sequence.written >= kFirstPages) count = std::min(2 * before.count, kLargestWindow);
    }
    advice.window = window_at(page, count, sequence.upwards, pages);
    sequence.window = advice.window;
    sequence.collects = collects_;
    sequence.used = faults_;
    return advice;
  }
  *oldest = {{page, 1}, 0, collects_, faults_, true};
  return {{page, 1}, {}};
}

}  // namespace mkwrite
