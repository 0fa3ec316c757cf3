// What happens at submit, before the commands run: dirt is collected and uploaded, and the pages
// that the device will write become its own.
#pragma once

#include <vector>

#include "coherence/device.h"

namespace mkwrite {

/// Validates and queues `commands`. Returns the submission's seqno. Thread-safe.
/// Throws Error: kOutOfRange (an operand leaves its resource), kInvalidArgument (conflicting
/// operands), kOutOfDeviceMemory, kDeviceLost, kDestroyed. Then nothing was queued, and whatever
/// was dirty still is (promise C5).
Seqno submit(Device& device, std::vector<Command> commands);

}  // namespace mkwrite
