// Lanes: parts of a view under userfault that are left to write faults for a while, because a
// stream of writes moves through them. In the kernel's way of tracking, every page costs a fault of
// its own, for a shared page that was protected cannot be made writable ahead of its first write.
// Under write protection by mprotect it can: a stream's next window opens in one call.
#pragma once

#include <cstddef>
#include <cstdint>

#include "memory/page.h"

namespace mkwrite {

class TrackedView;
struct TrackerState;

class Lanes {
 public:
  // All under the tracker's lock.

  /// After a collect: opens what streams are heading for, in lanes made for it, and ends lanes that
  /// cost more than they save. Throws Error (kSystem) when a lane could not be ended; it goes on.
  void steer(TrackerState& state);

 private:
  /// Leaves as much of `window`, from its beginning, to write faults as can be. Returns that part.
  static PageRange make_lane(TrackerState& state, TrackedView& view, PageRange window);
  static void end_lanes(TrackerState& state, TrackedView& view);
  /// Whether the write faults since the last collect were worth what they saved.
  bool worthwhile(const TrackerState& state) noexcept;

  std::uint64_t faults_before_ = 0;  ///< write faults up to the last collect
  unsigned rest_ = 0;                ///< collects for which no lanes are made
  unsigned next_rest_ = 8;
};

}  // namespace mkwrite
