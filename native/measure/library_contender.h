// The library as a contender: real buffer objects, views and trackers. Unlike in LibraryFrame,
// whose collect is called from JavaScript, the whole frame is native, so that the costs of
// JavaScript's side do not blur the comparison of policies.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "measure/contender.h"
#include "tracking/tracker.h"

namespace mkwrite {

class LibraryContender final : public Contender {
 public:
  /// Throws Error, also when there is no such policy or it does not work here.
  LibraryContender(std::string_view policy, BufferLayout layout);
  ~LibraryContender() override;

  FrameResult run(const Frame& frame) override;

 private:
  /// One buffer object and all that belongs to it.
  struct Part {
    std::shared_ptr<BufferObject> buffer;
    std::shared_ptr<View> view;
    Tracker* tracker;  ///< the buffer object owns it
    std::unique_ptr<DeviceCopy> copy;
    std::vector<PageRange> runs;  ///< that the last collect reported
  };
  /// Writes to one part, its pages numbered from its own first one.
  struct PartWrites {
    std::size_t part;
    PageWrites writes;
  };

  /// Untimed: a program knows which buffer object it writes to.
  void assign(const PageWrites& writes);
  void collect();
  void copy();
  std::uint64_t faults() const;

  BufferLayout layout_;
  std::vector<Part> parts_;
  std::vector<PartWrites> assigned_;
  std::vector<std::uint32_t> pages_;  ///< what assigned_ points to
};

}  // namespace mkwrite
