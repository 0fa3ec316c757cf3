// A resource: bytes of a buffer object that the device knows as one thing, and their copy in device
// memory. Or, without a buffer object, device memory alone. A surface is one whose bytes are
// texels.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "coherence/device.h"
#include "coherence/surface_layout.h"
#include "memory/page_bitmap.h"

namespace mkwrite {

class CoherentBuffer;

class Resource : public std::enable_shared_from_this<Resource> {
 public:
  /// Backed by `bytes` of `buffer`; made by CoherentBuffer::create_resource.
  /// `layout` makes it a surface, of as many bytes.
  Resource(CoherentBuffer& buffer, ByteRange bytes, bool coherent,
           std::unique_ptr<const SurfaceLayout> layout);
  /// Device memory only.
  Resource(std::size_t size, std::unique_ptr<DeviceAllocation> allocation,
           std::unique_ptr<const SurfaceLayout> layout);

  std::size_t size() const noexcept { return bytes_.size; }
  /// Where it lies in its buffer object.
  ByteRange bytes() const noexcept { return bytes_; }
  PageRange pages() const noexcept { return pages_; }
  bool coherent() const noexcept { return coherent_; }
  /// Null for a buffer.
  const SurfaceLayout* layout() const noexcept { return layout_.get(); }
  /// Null for device memory only.
  CoherentBuffer* buffer() const noexcept { return buffer_; }

  /// Pages of the buffer object that hold `bytes` of this resource.
  PageRange pages_of(ByteRange bytes) const noexcept {
    return pages_covering({bytes_.offset + bytes.offset, bytes.size});
  }
  /// Pages of the buffer object in which this resource has no bytes but `bytes`.
  PageRange pages_within(ByteRange bytes) const noexcept;
  /// The bytes that this resource has in `pages`, within the buffer object (rule 6).
  ByteRange bytes_in(PageRange pages) const noexcept { return bytes_of(pages).intersect(bytes_); }

  // Binding to device memory; guarded by the device's submit mutex.

  bool bound() const noexcept { return allocation_ != nullptr; }
  void bind(std::unique_ptr<DeviceAllocation> allocation) noexcept {
    allocation_ = std::move(allocation);
  }
  void unbind() noexcept { allocation_.reset(); }
  /// Device memory for `bytes` of this resource. It is bound.
  std::span<std::byte> memory(ByteRange bytes) const noexcept {
    return allocation_->memory().subspan(bytes.offset, bytes.size);
  }
  /// Device memory for `bytes` of the buffer object, which lie in this resource.
  std::span<std::byte> memory_at(ByteRange bytes) const noexcept {
    return memory({bytes.offset - bytes_.offset, bytes.size});
  }
  /// The last operation that uses it (Device::begin_use).
  std::uint64_t last_use = 0;

  // Page state, numbered as in the buffer object; guarded by the buffer's lock.

  void add_dirty(PageRange pages) noexcept { dirty_.set(relative(pages)); }
  void clear_dirty(PageRange pages) noexcept { dirty_.clear(relative(pages)); }
  template <typename Visit>
  void for_each_dirty_run(PageRange pages, Visit&& visit) const {
    dirty_.for_each_run(relative(pages), [&](PageRange run) { visit(absolute(run)); });
  }

  bool device_dirty() const noexcept { return device_dirty_.any(); }
  void add_device_dirty(PageRange pages) noexcept { device_dirty_.set(relative(pages)); }
  void clear_device_dirty(PageRange pages) noexcept { device_dirty_.clear(relative(pages)); }
  template <typename Visit>
  void for_each_device_dirty_run(PageRange pages, Visit&& visit) const {
    device_dirty_.for_each_run(relative(pages), [&](PageRange run) { visit(absolute(run)); });
  }
  template <typename Visit>
  void for_each_device_clean_run(PageRange pages, Visit&& visit) const {
    device_dirty_.for_each_gap(relative(pages), [&](PageRange run) { visit(absolute(run)); });
  }

  /// A submission that writes pages of this resource.
  struct PendingWrite {
    PageRange pages;
    Seqno seqno;
  };
  /// Ascending seqnos; entries whose submission is done may linger.
  std::vector<PendingWrite> pending_writes;

 private:
  PageRange relative(PageRange pages) const noexcept {
    const PageRange inside = pages.intersect(pages_);
    return {inside.empty() ? 0 : inside.first - pages_.first, inside.count};
  }
  PageRange absolute(PageRange pages) const noexcept {
    return {pages.first + pages_.first, pages.count};
  }

  CoherentBuffer* buffer_ = nullptr;
  ByteRange bytes_;
  PageRange pages_;
  bool coherent_ = false;
  std::unique_ptr<const SurfaceLayout> layout_;
  std::unique_ptr<DeviceAllocation> allocation_;
  PageBitmap dirty_;         ///< written by the CPU, not yet in device memory
  PageBitmap device_dirty_;  ///< written by the device, not yet in the buffer object
};

}  // namespace mkwrite
