// What the stress test writes: slots of 8 bytes. Each has one owner for good, the device or one of
// the CPU's writers, and counts up; so there is never a doubt about what it must hold.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "memory/page.h"

namespace mkwrite::stress {

/// Number of a slot within its buffer object.
using Slot = std::size_t;
/// How often a slot was written; 0: never.
using Sequence = std::uint32_t;

inline constexpr std::size_t kSlotSize = sizeof(std::uint64_t);
inline constexpr std::size_t kDevice = 0;  ///< the owner that is not a writer

/// The contents of a slot: its sequence, and a check that ties it to its place. A value of another
/// slot, or one put together from two, does not decode.
constexpr std::uint64_t encode(Slot slot, Sequence sequence) noexcept {
  if (sequence == 0) return 0;
  const std::uint32_t check = ~sequence ^ (static_cast<std::uint32_t>(slot) * 0x9e3779b9U);
  return static_cast<std::uint64_t>(check) << 32U | sequence;
}

constexpr std::optional<Sequence> decode(Slot slot, std::uint64_t value) noexcept {
  const auto sequence = static_cast<Sequence>(value);
  if (encode(slot, sequence) != value) return std::nullopt;
  return sequence;
}

constexpr std::size_t owner_of(Slot slot, std::size_t owners) noexcept { return slot % owners; }

/// The first slot of `owner` that begins at `offset` or behind it.
constexpr Slot first_slot(std::size_t offset, std::size_t owner, std::size_t owners) noexcept {
  const Slot first = (offset + kSlotSize - 1) / kSlotSize;
  return first + (owner + owners - first % owners) % owners;
}

/// Calls `visit(Slot)` for the slots of `owner` that lie in `bytes` as a whole.
template <typename Visit>
void for_each_slot(ByteRange bytes, std::size_t owner, std::size_t owners, Visit&& visit) {
  for (Slot slot = first_slot(bytes.offset, owner, owners); (slot + 1) * kSlotSize <= bytes.end();
       slot += owners) {
    visit(slot);
  }
}

// One load or store each. Relaxed: what must be seen in order is ordered by Arena::expected and by
// the protocol under test.
inline std::uint64_t load_slot(std::byte* memory, Slot slot) noexcept {
  auto& word = *reinterpret_cast<std::uint64_t*>(memory + slot * kSlotSize);
  return std::atomic_ref(word).load(std::memory_order_relaxed);
}
inline void store_slot(std::byte* memory, Slot slot, std::uint64_t value) noexcept {
  auto& word = *reinterpret_cast<std::uint64_t*>(memory + slot * kSlotSize);
  std::atomic_ref(word).store(value, std::memory_order_relaxed);
}

}  // namespace mkwrite::stress
