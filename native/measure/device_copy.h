// The memory that a frame's dirty pages are copied to: stands for the device's. Present from the
// start, so that no copy pays for a page fault of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "memory/page.h"

namespace mkwrite {

class DeviceCopy {
 public:
  /// Throws Error (kOutOfMemory).
  explicit DeviceCopy(std::size_t size);
  ~DeviceCopy();
  DeviceCopy(const DeviceCopy&) = delete;
  DeviceCopy& operator=(const DeviceCopy&) = delete;

  /// Copies pages from the same place in the mapping at `source`.
  void update(const std::byte* source, PageRange pages) noexcept;

  /// How many of `pages` differ from the mapping at `source`: updates that were lost.
  std::size_t count_stale(const std::byte* source, std::span<const std::uint32_t> pages) const;

 private:
  std::byte* data_;
  std::size_t size_;
};

}  // namespace mkwrite
