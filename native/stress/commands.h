// What the device does in a stress test.
#pragma once

#include "coherence/device.h"
#include "stress/traffic.h"

namespace mkwrite::stress {

/// Bytes of an arena that a command works on, which lie in one part.
struct Place {
  const Arena* arena;
  const Part* part;
  ByteRange bytes;
};

/// Writes `sequence` to every slot of the device that lies in `place` as a whole.
Command make_stamp(const Place& place, Sequence sequence, Counts& counts);

/// Looks whether `arrivals`, which lie in `place`, have reached the device's memory.
Command make_check(const Place& place, std::vector<Arrival> arrivals, Counts& counts);

/// Copies `place` to the same place of the part's target.
Command make_copy_to_target(const Place& place);

}  // namespace mkwrite::stress
