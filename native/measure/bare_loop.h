// The floor that the library is held against: what a frame costs when it is written by hand for one
// mechanism, one buffer, one thread, without any of the library's promises. It works on the same
// memory as the library's frame, through a mapping of its own that no tracker knows, with the same
// writer and the same device copy. In between stands nothing but the system calls the mechanism
// needs.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "measure/device_copy.h"
#include "measure/page_writer.h"
#include "memory/buffer_object.h"
#include "memory/mapping.h"
#include "tracking/mechanism.h"

namespace mkwrite {

struct FrameResult {
  std::int64_t write_ns = 0;    ///< the writes, with the faults that they cause
  std::int64_t collect_ns = 0;  ///< finding the written pages and arming them again
  std::int64_t copy_ns = 0;     ///< to the device's copy
  std::uint64_t faults = 0;     ///< signals, and faults that the kernel resolved by itself
  std::size_t reported_pages = 0;
  std::size_t lost_pages = 0;  ///< written pages whose copy is stale
};

class BareLoop {
 public:
  virtual ~BareLoop() = default;

  /// One frame: write, collect and re-arm, copy, and (not timed) verify. Throws Error.
  FrameResult run(const PageWrites& writes);

  /// What was written since the last time, which is armed again. Valid until the next call. Throws
  /// Error.
  const std::vector<PageRange>& take();

  /// Where there is more than one way to do it by hand, measures which is the cheapest for writes
  /// like these, and takes that from now on. Throws Error.
  virtual void choose(const PageWrites& /*writes*/) {}

 protected:
  BareLoop(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy);

  std::byte* data() const noexcept { return mapping_.data(); }
  std::size_t size() const noexcept { return mapping_.size(); }
  PageRange all_pages() const noexcept { return buffer_->all_pages(); }
  std::vector<PageRange>& runs() noexcept { return runs_; }

  /// Makes the writes and returns how long they took and how many signals they caused.
  struct Written {
    std::int64_t ns;
    std::uint64_t signals;
  };
  virtual Written write(const PageWrites& writes);
  /// Puts what was written into runs(), which is empty, and arms it again.
  virtual void collect() = 0;

 private:
  std::shared_ptr<BufferObject> buffer_;
  std::shared_ptr<DeviceCopy> copy_;
  Mapping mapping_;
  std::vector<PageRange> runs_;
};

/// The bare loop for a mechanism, with every page present and armed. Throws Error.
std::unique_ptr<BareLoop> make_bare_loop(MechanismKind mechanism,
                                         std::shared_ptr<BufferObject> buffer,
                                         std::shared_ptr<DeviceCopy> copy);

}  // namespace mkwrite
