#include "tracking/compare.h"

#include <sys/mman.h>

#include <memory>
#include <utility>

#include "faults/seam.h"
#include "tracking/tracker_state.h"

namespace mkwrite {

namespace {

/// With the contents as of now: what was written before is declared dirty or harvested by whoever
/// begins, and what is written from here on differs.
void make_twin(TrackerState& state) {
  auto twin = std::make_unique<Twin>(state.buffer);
  state.buffer.for_each_data_run(state.buffer.all_pages(), [&](PageRange run) { twin->take(run); });
  state.twin = std::move(twin);
}

}  // namespace

int Compare::armed_protection() const noexcept { return PROT_READ | PROT_WRITE; }

void Compare::arm(TrackerState& state, TrackedView& /*view*/) {
  if (!state.twin) make_twin(state);
}

void Compare::disarm(TrackerState& /*state*/, TrackedView& /*view*/) noexcept {}

std::size_t Compare::harvest(TrackerState& state, PageRange range) {
  if (!state.twin) make_twin(state);
  seam(Seam::kCollectBeforeProtect);
  std::size_t found = 0;
  // Holes of the file are zeros here and in the twin; looking at them would fill them.
  state.buffer.for_each_data_run(range, [&](PageRange data) {
    // Device-owned pages are left alone: they are older here than on the device (rule 7),
    // and their readback brings the twin up to date.
    state.owned.for_each_gap(data, [&](PageRange gap) {
      state.twin->update(gap, [&](PageRange run) {
        state.note_written(run);
        found += run.count;
      });
    });
  });
  seam(Seam::kCollectAfterTake);
  return found;
}

}  // namespace mkwrite
