// One buffer object and a device: its tracker, its resources, and who owns which page. It observes
// the buffer object's views through the tracker and answers the tracker's questions about the
// device.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "coherence/resource.h"
#include "memory/buffer_object.h"
#include "memory/range_index.h"
#include "tracking/tracker.h"

namespace mkwrite {

class CoherentBuffer final : public AccessObserver, public DeviceOwner {
 public:
  /// Puts `buffer` under the coherence protocol of `device`; without a policy its resources are
  /// synchronised by flush and invalidate alone. The buffer object owns the result. Throws Error.
  static CoherentBuffer& attach(BufferObject& buffer, std::shared_ptr<Device> device,
                                std::unique_ptr<Policy> policy);
  ~CoherentBuffer() override;

  BufferObject& buffer() const noexcept { return buffer_; }
  Device& device() const noexcept { return *device_; }
  /// Where updates are read: see Tracker::contents().
  const std::byte* contents() const noexcept {
    return tracker_ ? tracker_->contents() : buffer_.alias();
  }
  /// Null without a policy.
  Tracker* tracker() noexcept { return tracker_ ? &*tracker_ : nullptr; }

  /// Takes lock order: the device's submit mutex first. Throws Error (kOutOfRange).
  std::shared_ptr<Resource> create_resource(ByteRange bytes, bool coherent,
                                            std::unique_ptr<const SurfaceLayout> layout = nullptr);
  /// Reads back what the device wrote and forgets the resource. Submissions in flight keep it.
  void destroy_resource(const std::shared_ptr<Resource>& resource);
  /// Gives up the device memory of a buffer object that its maker is done with, except what other
  /// threads' views may still want to read back. Does not wait; submissions in flight keep theirs.
  void forget_resources();

  /// Copies `bytes` to the resources there (vkFlushMappedMemoryRanges). Takes the submit mutex.
  void flush(ByteRange bytes);
  /// Makes what the device wrote in `bytes` visible to the CPU (vkInvalidateMappedMemoryRanges).
  /// Waits for the device. Takes the submit mutex.
  void invalidate(ByteRange bytes);
  /// Waits for the device and takes back every page it owns.
  void read_back_all() noexcept;

  /// Begins to note which pages are read back. Throws std::bad_alloc.
  void note_read_backs();
  /// The pages that were read back since they were last taken, or since note_read_backs(), without
  /// which there are none. Ascending and disjoint. Throws std::bad_alloc; then nothing was taken.
  std::vector<PageRange> take_read_backs();

  // For validation, under the tracker's lock (or, without a tracker, the submit mutex):

  /// Hands dirty pages to every coherent resource that has bytes in them.
  void distribute(PageRange pages) noexcept;
  const RangeIndex<Resource>& resources() const noexcept { return index_; }

  /// Runs `change` under the lock that faults take, where there is one.
  template <typename Change>
  auto locked(Change&& change) {
    if (tracker_) return tracker_->locked(change);
    return change();
  }

  // AccessObserver
  void view_created(View& view) override;
  void view_destroyed(View& view) noexcept override;
  void begin_access(PageRange range, bool writable) override;
  void end_access(PageRange range, bool writable) noexcept override;

  // DeviceOwner; all but the first in the signal handler
  double update_page() const noexcept override { return device_->update_price().page(); }
  Seqno pending_write(PageRange pages) const noexcept override;
  PageRange resource_around(PageIndex page) const noexcept override;
  void wait(Seqno seqno) noexcept override;
  void read_back(PageRange pages) noexcept override;

  struct Stats {
    std::uint64_t bytes_updated = 0;
    std::uint64_t boxes_updated = 0;
    std::uint64_t bytes_read_back = 0;
  };
  Stats stats;  ///< *_updated: submit mutex; bytes_read_back: tracker's lock

 private:
  CoherentBuffer(BufferObject& buffer, std::shared_ptr<Device> device);

  /// Whether a write to some of `pages` was lost with the device.
  bool any_lost(const Resource& resource, PageRange pages) const noexcept;
  /// Copies what the device wrote. Of pages whose write was lost the CPU keeps what it last had.
  void fetch(const Resource& resource, PageRange pages) noexcept;

  BufferObject& buffer_;
  std::shared_ptr<Device> device_;
  std::vector<std::shared_ptr<Resource>> owned_resources_;
  RangeIndex<Resource> index_;
  std::optional<Tracker> tracker_;
  PageBitmap read_backs_;  ///< empty until somebody wants to know; guarded by the tracker's lock
};

}  // namespace mkwrite
