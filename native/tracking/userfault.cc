#include "tracking/userfault.h"

#include <sys/mman.h>

#include "faults/seam.h"
#include "tracking/tracker_state.h"
#include "tracking/userfaultfd.h"

namespace mkwrite {

Userfault::Userfault() { Userfaultfd::instance(); }

// The kernel's write protection survives changes of the mapping's protection, so a page that opens
// for reading and writing still has its next write noted.
int Userfault::armed_protection() const noexcept { return PROT_READ | PROT_WRITE; }

void Userfault::arm(TrackerState& /*state*/, TrackedView& view) {
  Userfaultfd::instance().register_range(view.view().data(), view.view().size());
}

void Userfault::disarm(TrackerState& /*state*/, TrackedView& view) noexcept {
  Userfaultfd::instance().unregister_range(view.view().data(), view.view().size());
}

std::size_t Userfault::harvest(TrackerState& state, PageRange range) {
  if (range.empty()) return 0;
  std::size_t found = 0;
  seam(Seam::kCollectBeforeProtect);
  for (const auto& view : state.views) {
    if (!view->armed) continue;
    ++state.stats.scans;
    Userfaultfd::scan_and_protect(view->view().data(), range, [&](PageRange run) {
      // A device-owned page was harvested when it was closed, and nothing can have written it since.
      state.owned.for_each_gap(run, [&](PageRange gap) {
        state.pending.set(gap);
        found += gap.count;
      });
    });
  }
  seam(Seam::kCollectAfterTake);
  return found;
}

}  // namespace mkwrite
