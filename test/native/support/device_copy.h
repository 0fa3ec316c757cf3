// The device's side of promise C4: a copy that receives exactly the pages that a collect reports,
// read after the collect where the tracker says. Whatever differs at rest was lost.
#pragma once

#include <cstring>
#include <vector>

#include "tracked_buffer.h"

namespace mkwrite::test {

class DeviceCopy {
 public:
  explicit DeviceCopy(Tracker& tracker)
      : tracker_(tracker), memory_(tracker.buffer().size()), runs_(), pages_(0) {
    runs_.reserve(tracker.buffer().pages());
  }

  void update() {
    collect();
    seam(Seam::kCollectBeforeCopy);
    copy();
  }

  // The two halves of an update:

  void collect() {
    runs_.clear();
    tracker_.collect(tracker_.buffer().all_pages(), [&](PageRange run) { runs_.push_back(run); });
  }
  void copy() {
    for (const PageRange run : runs_) {
      const ByteRange bytes = bytes_of(run);
      std::memcpy(memory_.data() + bytes.offset, tracker_.contents() + bytes.offset, bytes.size);
      pages_ += run.count;
    }
  }

  bool matches() const {
    return std::memcmp(memory_.data(), tracker_.buffer().alias(), memory_.size()) == 0;
  }
  std::size_t pages_updated() const { return pages_; }

 private:
  Tracker& tracker_;
  std::vector<std::byte> memory_;
  std::vector<PageRange> runs_;
  std::size_t pages_;
};

/// Changes a page between a collect and the copy of what it found, changes it back, and updates.
inline void write_there_and_back_around_copy(const View& view, DeviceCopy& device) {
  byte_at(view, 3) = 1;
  device.collect();
  byte_at(view, 3) = 2;
  device.copy();
  byte_at(view, 3) = 1;
  device.update();
}

}  // namespace mkwrite::test
