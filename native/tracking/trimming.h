// Trimming: a mechanism tracks, and what it reports is compared with a twin before it crosses a
// slow bus. A page that has not changed is dropped from the report. Works for whatever
// over-reports: pages kept open, windows opened ahead, and programs that write what was there
// already.
//
// It rests on one invariant. For each page p that is neither device-owned nor marked in
// `TrackerState::differing`, and each coherent resource that is bound and in which p is not dirty:
// the device's bytes of p are the twin's. Hence
//
// - whatever reaches the device comes from the twin (Tracker::contents()), and the twin takes a
//   page only when the page is reported, or read back;
// - a page of which the twin has taken what no completed collect has reported is marked;
// - so is one that somebody declares written: he may have written it unseen, before the twin was
//   made;
// - bytes that go from the buffer object to the device around the twin (flush) are declared
//   written;
// - and so is everything that is dirty when trimming begins. The twin is filled first, then
//   everything is harvested: a page that this does not find has not changed since the device had
//   it.
//
// What is not pending has not been written since it was last compared, so the twin has its
// contents.
#pragma once

#include <cstddef>
#include <span>

#include "memory/page.h"
#include "tracking/trim_rule.h"

namespace mkwrite {

struct TrackerState;

/// Under the mutex that serialises collects.
class Trimming {
 public:
  explicit Trimming(TrimTerms terms) noexcept : rule_(terms) {}

  /// Before a collect, without the tracker's lock: makes the twin if that is about to pay.
  /// `update_page`: ns that updating a page of the device takes, 0 while nobody knows.
  void prepare(TrackerState& state, double update_page) noexcept;

  // All of the following under the tracker's lock.

  /// Whether there is a twin.
  bool running() const noexcept { return phase_ != Phase::kOff; }
  /// Whether this collect has to harvest everything.
  bool wants_everything() const noexcept { return phase_ == Phase::kBeginning; }
  /// After the harvest: drops what has not changed from the pending pages of `ranges`, and takes
  /// the rest into the twin.
  void trim(TrackerState& state, std::span<const PageRange> ranges) noexcept;
  /// The collect is complete, and reported so many pages.
  void finish(TrackerState& state, std::size_t reported) noexcept;
  /// Ends it at once. Contents may still be read in the twin until the next collect.
  void end(TrackerState& state) noexcept;

 private:
  enum class Phase {
    kOff,
    kBeginning,  ///< there is a twin, but dirt that is older is still to be harvested
    kRunning,
  };

  TrimRule rule_;
  Phase phase_ = Phase::kOff;
  double update_page_ = 0;
  std::size_t compared_ = 0;  ///< in this collect
  std::size_t trimmed_ = 0;   ///< likewise
};

}  // namespace mkwrite
