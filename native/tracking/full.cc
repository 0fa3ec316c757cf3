#include "tracking/full.h"

#include <sys/mman.h>

#include "faults/mutant.h"
#include "tracking/tracker_state.h"

namespace mkwrite {

int Full::armed_protection() const noexcept { return PROT_READ | PROT_WRITE; }

void Full::arm(TrackerState& /*state*/, TrackedView& /*view*/) {}

void Full::disarm(TrackerState& /*state*/, TrackedView& /*view*/) noexcept {}

std::size_t Full::harvest(TrackerState& state, PageRange range) {
  if (kMutant == Mutant::kReportOwned) state.pending.set(range);
  std::size_t found = 0;
  state.owned.for_each_gap(range, [&](PageRange gap) {
    state.pending.set(gap);
    found += gap.count;
  });
  return found;
}

}  // namespace mkwrite
