// The device's own memory: a limit, an allocator, and nothing that the CPU's side may touch except
// through updates and readbacks.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include "coherence/device.h"

namespace mkwrite {

class DeviceMemory : public std::enable_shared_from_this<DeviceMemory> {
 public:
  /// `limit` bytes, rounded up to pages; address space is reserved at once, pages come when used.
  /// Throws Error (kOutOfMemory).
  static std::shared_ptr<DeviceMemory> create(std::size_t limit);
  ~DeviceMemory();

  /// Zeroed, page-aligned; null when no gap is large enough. The memory lives as long as its
  /// allocations. Thread-safe, and so is giving one back.
  std::unique_ptr<DeviceAllocation> allocate(std::size_t size);

  std::size_t limit() const noexcept { return limit_; }  ///< bytes
  std::size_t used() const;                              ///< bytes

 private:
  class Allocation;

  DeviceMemory(std::byte* base, std::size_t limit);
  void release(std::size_t offset, std::size_t size) noexcept;

  std::byte* base_;
  std::size_t limit_;
  mutable std::mutex mutex_;
  std::map<std::size_t, std::size_t> taken_;  ///< offset to size, in bytes
  std::size_t used_ = 0;
};

}  // namespace mkwrite
