// What travels to device memory so that the device sees pages that the CPU wrote.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "coherence/device.h"

namespace mkwrite {

/// How much an update moves.
struct UpdateSize {
  std::size_t bytes = 0;
  std::size_t boxes = 0;  ///< of surfaces

  UpdateSize& operator+=(const UpdateSize& other) noexcept {
    bytes += other.bytes;
    boxes += other.boxes;
    return *this;
  }
};

/// Appends the update that brings the `dirty` pages of `resource`, which is coherent and bound: of
/// a buffer exactly these, of a surface one box per sub-resource that holds them. Stays within the
/// bytes of the resource, and leaves out pages that the device owns (rules 6 and 7). Under
/// the buffer's lock. Throws std::bad_alloc.
UpdateSize append_updates(const Resource& resource, std::span<const PageRange> dirty,
                          std::vector<UpdateRun>& updates);

}  // namespace mkwrite
