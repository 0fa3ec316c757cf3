// Lanes: parts of a view under userfault that are left to write faults for a while, because a
// stream of writes moves through them. In the kernel's way of tracking, every page costs a fault of
// its own, for a shared page that was protected cannot be made writable ahead of its first write.
// Under write protection by mprotect it can: a stream's next window opens in one call. So can pages
// that were all written time and again until all of them cooled at once: they lie dormant, until a
// write to the first of them says that they are written again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "memory/page.h"

namespace mkwrite {

class TrackedView;
struct TrackerState;

class Lanes {
 public:
  // All under the tracker's lock.

  /// After a collect: opens what streams are heading for, in lanes made for it, lets what has
  /// cooled lie dormant, and ends lanes that cost more than they save. Throws Error (kSystem) when
  /// a lane could not be ended; it goes on.
  void steer(TrackerState& state);

  /// Opens the dormant pages around `page`, which is about to be written. Runs in the signal
  /// handler. Returns 0 or errno.
  static int wake(TrackerState& state, TrackedView& view, PageIndex page) noexcept;

 private:
  /// Collects that pass without another attempt, twice as many after each that failed.
  class Rest {
   public:
    explicit Rest(unsigned shortest) noexcept : next_(shortest) {}
    bool over() const noexcept { return left_ == 0; }
    void pass() noexcept {
      if (left_ != 0) --left_;
    }
    void begin() noexcept;

   private:
    unsigned left_ = 0;
    unsigned next_;
  };

  /// Leaves pages to write faults that are neither closed nor open. Returns whether it did.
  static bool leave(TrackerState& state, TrackedView& view, PageRange pages);
  /// Lets what has cooled all at once lie dormant.
  void put_to_rest(TrackerState& state);
  /// Leaves as much of `window`, from its beginning, to write faults as can be. Returns that part.
  static PageRange make_lane(TrackerState& state, TrackedView& view, PageRange window);
  /// Ends lanes in which nothing lies dormant.
  static void end_lanes(TrackerState& state, TrackedView& view);
  static void end_lane(TrackerState& state, TrackedView& view, PageRange lane);
  /// Whether the write faults since the last collect were worth what they saved.
  bool worthwhile(const TrackerState& state) noexcept;

  std::uint64_t faults_before_ = 0;  ///< write faults up to the last collect
  Rest rest_{8};                     ///< no lanes are made
  Rest wakeful_{8};                  ///< nothing is left dormant
  /// Collects since dormant pages were woken; at first as if that had been long ago.
  unsigned since_return_ = std::numeric_limits<unsigned>::max();
};

}  // namespace mkwrite
