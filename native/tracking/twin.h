// The twin of a buffer object: its contents as the device was last told of them. What differs from
// it was written. Written contents go from the buffer object to the twin and from there to the
// device, never to both: what changed between two copies would be on the device and not in the
// twin, and, changed back, never be noticed (docs/mechanisms.md).
#pragma once

#include <cstddef>
#include <cstring>

#include "memory/buffer_object.h"
#include "memory/page_bitmap.h"
#include "memory/same_bytes.h"

namespace mkwrite {

class Twin {
 public:
  /// All zeros, as a fresh buffer object is; takes memory only for pages that differ from that.
  /// Throws Error (kOutOfMemory).
  explicit Twin(const BufferObject& buffer);
  ~Twin();
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;

  const std::byte* data() const noexcept { return data_; }
  /// Bytes of memory that it takes.
  std::size_t memory() const noexcept { return held_.count() * kPageSize; }

  /// Copies the pages of `range` that differ, and calls `visit(PageRange)` for each run of them.
  template <typename Visit>
  void update(PageRange range, Visit&& visit) {
    PageRange run{range.first, 0};
    for (PageIndex page = range.first; page < range.end(); ++page) {
      if (same(page)) {
        if (!run.empty()) visit(run);
        run = {page + 1, 0};
        continue;
      }
      take({page, 1});
      ++run.count;
    }
    if (!run.empty()) visit(run);
  }

  /// Whether the buffer object has the same contents in `page`.
  bool same(PageIndex page) const noexcept {
    const std::size_t offset = page * kPageSize;
    return same_bytes(data_ + offset, source_ + offset, kPageSize);
  }

  /// Copies the pages of `range`, which are the same on the device. Async-signal-safe.
  void take(PageRange range) noexcept;

 private:
  const std::byte* source_;  ///< the buffer object's alias
  std::size_t size_;
  std::byte* data_;
  PageBitmap held_;
};

}  // namespace mkwrite
