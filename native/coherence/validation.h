// What happens at submit, before the commands run: dirt is collected and uploaded, and the pages
// that the device will write become its own.
#pragma once

#include <vector>

#include "coherence/device.h"
#include "coherence/updates.h"

namespace mkwrite {

class CoherentBuffer;

/// What a submission did to one buffer object.
struct BufferReport {
  CoherentBuffer* buffer;
  std::vector<PageRange> used{};     ///< pages that commands read or write; ascending, disjoint
  std::vector<PageRange> written{};  ///< pages that commands write; likewise
  std::vector<PageRange> dirty{};    ///< pages that the collect found dirty; likewise
  UpdateSize moved{};
};

/// Validates and queues `commands`. Returns the submission's seqno. Thread-safe. A `report`, if one
/// is asked for, gets an entry for each buffer object whose coherent resources are used; after an
/// error its contents are unspecified.
/// Throws Error: kOutOfRange (an operand leaves its resource), kInvalidArgument (conflicting
/// operands), kOutOfDeviceMemory, kDeviceLost, kDestroyed. Then nothing was queued, and whatever
/// was dirty still is (promise C5).
Seqno submit(Device& device, std::vector<Command> commands,
             std::vector<BufferReport>* report = nullptr);

}  // namespace mkwrite
