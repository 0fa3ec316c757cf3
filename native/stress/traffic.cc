#include "stress/traffic.h"

#include <cstring>

namespace mkwrite::stress {

void Traffic::compare_view(Arena& arena) {
  const View& view = arena.any_view(random_);
  const Arena::Differences found =
      arena.compare({view.data(), view.size()}, {0, arena.buffer->size()});
  counts_.lost_updates += found.of_writers;
  counts_.stale_reads += found.of_device;
}

std::vector<Arrival> sample_arrivals(const Arena& arena, ByteRange bytes, Random& random) {
  std::vector<Arrival> arrivals;
  const Slot first = (bytes.offset + kSlotSize - 1) / kSlotSize;
  const Slot end = bytes.end() / kSlotSize;
  if (first >= end) return arrivals;
  for (int i = 0; i < 64; ++i) {
    const Slot slot = first + random.below(end - first);
    if (owner_of(slot, arena.owners) == kDevice) continue;
    // Acquire: pairs with the release after the slot was written.
    arrivals.push_back({slot, arena.expected[slot].load(std::memory_order_acquire)});
  }
  return arrivals;
}

std::uint64_t count_missing(std::span<const Arrival> arrivals, const std::byte* memory,
                            std::size_t offset) noexcept {
  std::uint64_t missing = 0;
  for (const auto& [slot, at_least] : arrivals) {
    std::uint64_t value = 0;
    std::memcpy(&value, memory + (slot * kSlotSize - offset), kSlotSize);
    const auto found = decode(slot, value);
    if (found && *found < at_least) ++missing;
  }
  return missing;
}

}  // namespace mkwrite::stress
