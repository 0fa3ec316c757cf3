// A mechanism: one way to learn which pages of a view were written. All of them stand behind this
// interface and pass the same tests.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>

#include "faults/fault.h"
#include "memory/page.h"

namespace mkwrite {

class TrackedView;
struct TrackerState;

enum class MechanismKind { kWriteFault, kSoftDirty, kUserfault, kCompare, kFull };

inline constexpr std::array kAllMechanisms{MechanismKind::kWriteFault, MechanismKind::kSoftDirty,
                                           MechanismKind::kUserfault, MechanismKind::kCompare,
                                           MechanismKind::kFull};

/// The public name: "write-fault", "soft-dirty", "userfault", "compare",
/// "full".
std::string_view mechanism_name(MechanismKind kind) noexcept;

class Mechanism {
 public:
  virtual ~Mechanism() = default;

  virtual MechanismKind kind() const noexcept = 0;

  /// The protection of a page that may be accessed and whose next write must be noticed.
  virtual int armed_protection() const noexcept = 0;

  /// What must be held before the tracker's lock while this mechanism arms, harvests or disarms:
  /// nothing, or the lock of whoever shares a process-wide resource.
  virtual std::unique_lock<std::mutex> process_lock() { return {}; }

  // All of the following run under the tracker's lock.

  /// From here on the first write to each page of the view is noticed. Throws Error, then nothing
  /// has changed. Pages written before are the caller's concern.
  virtual void arm(TrackerState& state, TrackedView& view) = 0;

  /// Undoes arm(). Dirt not harvested is lost; protections are the caller's concern.
  virtual void disarm(TrackerState& state, TrackedView& view) noexcept = 0;

  /// Notes in `state.harvested` and `state.unproved` what was written in `range`, for a policy to
  /// decide which of these pages shall stay open, and protects nothing. A harvest of the same range
  /// follows. Throws Error. Mechanisms that leave no page open do nothing.
  virtual void look(TrackerState& state, PageRange range);

  /// After all ranges of a collect were looked at or harvested: finds out which of the pages that
  /// were opened ahead must have been written.
  virtual void prove(TrackerState& state) noexcept;

  /// After a collect: opens what is about to be written. Throws Error.
  virtual void open_ahead(TrackerState& state);

  /// Moves the pages of `range` written since the last harvest into `state.pending` and arms them
  /// again, atomically with respect to writers: a write is in this harvest or in the next. Pages
  /// outside `range` may be harvested too. Device-owned pages are left alone (rule 7),
  /// closed ones stay closed. Returns how many pages were found written (a page counts once for
  /// each view). Throws Error (a scan was refused): then nothing is lost, dirt is still to be
  /// harvested.
  virtual std::size_t harvest(TrackerState& state, PageRange range) = 0;

  /// Whether `view` lets this access to a page that is not closed pass, as far as we know. Runs in
  /// the signal handler.
  virtual bool is_open(const TrackedView& view, PageIndex page, Access access) const noexcept;

  /// Makes pages that are not device-owned accessible for the access that faulted, and notes what
  /// can be written unnoticed from then on. Runs in the signal handler. Returns 0 or the errno of
  /// mprotect.
  virtual int open(TrackerState& state, TrackedView& view, PageRange pages, Access access) noexcept;

  /// The same for the fault on `page`, perhaps along with pages that will be written next.
  virtual int open_for_fault(TrackerState& state, TrackedView& view, PageIndex page,
                             Access access) noexcept;
};

/// A mechanism for one tracker. Throws Error (kMechanismUnavailable) with the reason and the
/// remedy.
std::unique_ptr<Mechanism> make_mechanism(MechanismKind kind);

}  // namespace mkwrite
