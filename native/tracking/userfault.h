// userfault: the kernel notes the first write to each page by itself (userfaultfd WP_ASYNC), and
// one scan both lists and re-protects what was written (PAGEMAP_SCAN). No signal; system calls
// work.
#pragma once

#include "tracking/lanes.h"
#include "tracking/mechanism.h"

namespace mkwrite {

/// Whether to act on what writers are expected to do. A buffer object that nobody writes for a
/// while goes behind write protection as a whole: collects then cost nothing, and the first write's
/// fault opens it again; until then system calls that write into it fail with EFAULT. And what a
/// stream of writes is heading for is opened ahead (lanes.h).
enum class Foresight { kOff, kOn };

class Userfault : public Mechanism {
 public:
  /// Throws Error (kMechanismUnavailable).
  explicit Userfault(Foresight foresight = Foresight::kOff);

  MechanismKind kind() const noexcept override { return MechanismKind::kUserfault; }
  int armed_protection() const noexcept override;
  void arm(TrackerState& state, TrackedView& view) override;
  void disarm(TrackerState& state, TrackedView& view) noexcept override;
  void look(TrackerState& state, PageRange range) override;
  void prove(TrackerState& state) noexcept override;
  std::size_t harvest(TrackerState& state, PageRange range) override;
  void open_ahead(TrackerState& state) override;
  bool is_open(const TrackedView& view, PageIndex page, Access access) const noexcept override;
  int open(TrackerState& state, TrackedView& view, PageRange pages,
           Access access) noexcept override;
  int open_for_fault(TrackerState& state, TrackedView& view, PageIndex page,
                     Access access) noexcept override;

 private:
  /// Protects what was written in `range` and adds it to `view.found`.
  static void protect(TrackedView& view, PageRange range);
  /// The same for what look() has found, except for pages that shall stay open.
  static void protect_found(TrackerState& state, TrackedView& view, PageRange range);
  /// Sets tripwires after a while of harvests that found nothing.
  void mind_tripwires(TrackerState& state, PageRange range);
  static void set_tripwire(TrackerState& state, TrackedView& view);
  /// Makes a view writable again; the kernel notes the writes from here on. Returns 0 or errno.
  int trip(TrackerState& state, TrackedView& view) noexcept;

  static constexpr unsigned kFirstPatience = 8;
  static constexpr unsigned kLongestPatience = 512;

  Foresight foresight_;
  Lanes lanes_;
  bool quiet_ = false;                  ///< the last harvest found every view behind a tripwire
  unsigned patience_ = kFirstPatience;  ///< empty harvests until a tripwire is set
  unsigned empty_harvests_ = 0;
  unsigned quiet_for_ = 0;  ///< harvests since the tripwires were set
};

}  // namespace mkwrite
