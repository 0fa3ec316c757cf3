// One way to get written pages to a device, run side by side with others over the same frames: the
// library under a policy, a bare loop, or a program that needs no tracking because it says itself
// what it wrote. Each has memory and a device copy of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "measure/bare_loop.h"
#include "measure/page_writer.h"
#include "memory/page.h"

namespace mkwrite {

/// The buffer objects of a contender. Their pages are numbered in a row: the second one's first
/// page follows the first one's last.
struct BufferLayout {
  std::size_t buffers = 1;
  std::size_t pages_each = 0;
  std::size_t pages() const noexcept { return buffers * pages_each; }
};

/// What happens in one frame.
struct Frame {
  PageWrites writes;
  std::span<const PageRange> runs;  ///< the same pages, ascending, in as few ranges as possible
};

class Contender {
 public:
  virtual ~Contender() = default;

  /// Where there is more than one way to do it by hand, takes the cheapest for frames like this.
  /// Throws Error.
  virtual void choose(const Frame& /*frame*/) {}

  /// One frame: write, collect, copy, and (not timed) verify. Pages must be within the layout.
  /// Throws Error.
  virtual FrameResult run(const Frame& frame) = 0;
};

/// - "explicit": copies exactly the pages that were written, because the program says so.
/// - "upload": copies everything.
/// - "bare-" and a mechanism: the bare loop, over one mapping as large as all buffer objects.
/// - a policy: the library, with a tracker for each buffer object.
/// All pages are present, and everything so far has been collected. Throws Error.
std::unique_ptr<Contender> make_contender(std::string_view name, BufferLayout layout);

/// The same for frames whose pages an emulated device writes and the CPU reads: "explicit" or a
/// policy. Throws Error.
std::unique_ptr<Contender> make_readback_contender(std::string_view name, BufferLayout layout);

}  // namespace mkwrite
