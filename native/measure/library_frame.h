// The native parts of a frame under the library: the same writer and the same copy as in a bare
// loop. What lies between, Tracker::collect(), is called from JavaScript as a program would.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "measure/device_copy.h"
#include "measure/page_writer.h"
#include "memory/buffer_object.h"

namespace mkwrite {

class LibraryFrame {
 public:
  LibraryFrame(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy);

  std::size_t pages() const noexcept { return buffer_->pages(); }

  struct Written {
    std::int64_t ns;
    std::uint64_t minor_faults;  ///< those that the kernel resolved by itself
  };
  /// Writes through the tracked view at `view`.
  Written write(std::byte* view, const PageWrites& writes) const;

  /// Copies the runs that a collect returned (first page, count, first page, count, …), all within
  /// the buffer object, and returns the time that took in ns.
  std::int64_t copy(std::span<const std::uint32_t> runs);

  /// How many of `pages` have a stale copy.
  std::size_t count_stale(std::span<const std::uint32_t> pages) const noexcept;

 private:
  std::shared_ptr<BufferObject> buffer_;
  std::shared_ptr<DeviceCopy> copy_;
};

}  // namespace mkwrite
