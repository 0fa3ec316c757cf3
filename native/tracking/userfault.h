// userfault: the kernel notes the first write to each page by itself (userfaultfd WP_ASYNC), and
// one scan both lists and re-protects what was written (PAGEMAP_SCAN). No signal; system calls
// work.
#pragma once

#include "tracking/mechanism.h"

namespace mkwrite {

/// Whether a buffer object that nobody writes for a while goes behind write protection as a whole:
/// collects then cost nothing, and the first write's fault opens it again. Until then system calls
/// that write into it fail with EFAULT.
enum class Tripwire { kOff, kOn };

class Userfault final : public Mechanism {
 public:
  /// Throws Error (kMechanismUnavailable).
  explicit Userfault(Tripwire tripwire = Tripwire::kOff);

  MechanismKind kind() const noexcept override { return MechanismKind::kUserfault; }
  int armed_protection() const noexcept override;
  void arm(TrackerState& state, TrackedView& view) override;
  void disarm(TrackerState& state, TrackedView& view) noexcept override;
  std::size_t harvest(TrackerState& state, PageRange range) override;
  bool is_open(const TrackedView& view, PageIndex page, Access access) const noexcept override;
  int open(TrackerState& state, TrackedView& view, PageRange pages,
           Access access) noexcept override;

 private:
  static void harvest_view(TrackerState& state, TrackedView& view, PageRange range);
  static void set_tripwire(TrackerState& state, TrackedView& view);
  /// Makes a view writable again; the kernel notes the writes from here on. Returns 0 or errno.
  int trip(TrackerState& state, TrackedView& view) noexcept;

  static constexpr unsigned kFirstPatience = 8;
  static constexpr unsigned kLongestPatience = 512;

  Tripwire tripwire_;
  unsigned patience_ = kFirstPatience;  ///< empty harvests until a tripwire is set
  unsigned empty_harvests_ = 0;
  unsigned quiet_for_ = 0;  ///< harvests since the tripwires were set
};

}  // namespace mkwrite
