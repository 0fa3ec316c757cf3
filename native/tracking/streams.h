// Streams: writes that move through memory and go on, frame after frame, where they ended. Found in
// what collects report, unlike run-ahead, which follows faults: where the kernel resolves those by
// itself there is nobody to follow them. What a stream is about to write can be opened in one go.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "memory/page_bitmap.h"

namespace mkwrite {

class Streams {
 public:
  /// Shorter runs cost less to fault in than to open ahead.
  static constexpr std::size_t kSmallestWindow = 128;

  /// Learns from a collect. `found`: pages that may have been written, among them the ones in
  /// `open`, which were left writable, and in `ahead`, which were opened ahead; takes out of the
  /// latter what a stream has passed.
  void observe(const PageBitmap& found, const PageBitmap& open, PageBitmap& ahead) noexcept;

  /// Whether there is a stream that went on where it had ended, not long ago.
  bool any() const noexcept;

  /// Calls `visit(PageRange)` for each window to open, which returns the part that it opened. The
  /// last page of that stays protected: only when it is written is it known that the stream has
  /// passed.
  template <typename Visit>
  void for_each_window(Visit&& visit) {
    for (Stream& stream : streams_) {
      if (stream.used != now_ || !stream.proved || !stream.certain) continue;
      stream.open = visit(stream.window());
    }
  }

 private:
  struct Stream {
    /// Where its last run began, and where the next is expected to. Below 0 at the end of the
    /// buffer object when the stream goes on at the beginning.
    std::ptrdiff_t start = 0;
    std::ptrdiff_t next_start = 0;
    PageIndex next = 0;       ///< the first page to open
    std::size_t advance = 0;  ///< pages from one start to the next
    PageRange passed{};       ///< its last run
    PageRange next_within{};  ///< where it may go on: pages that were open, and perhaps not written
    PageRange open{};         ///< opened ahead by the last collect
    std::size_t most = 0;     ///< pages that it is trusted with
    std::uint64_t used = 0;   ///< collect in which it last moved; 0: free
    bool proved = false;      ///< it has gone on where it ended before
    bool certain = false;     ///< `next` is the very page, not a guess

    PageRange window() const noexcept {
      const auto end = static_cast<std::size_t>(next_start) + advance;
      return {next, std::min(end - next, most)};
    }
  };
  static constexpr std::size_t kStreams = 8;
  static constexpr std::size_t kFirstTrust = 1024;
  static constexpr std::size_t kLargestWindow = 8192;
  /// Collects after which a stream that does not move is forgotten.
  static constexpr std::uint64_t kPatience = 32;

  void follow(Stream& stream, const PageBitmap& found, PageBitmap& ahead) noexcept;
  void note_run(PageRange run, const PageBitmap& found) noexcept;
  /// It has begun at `start` and written `run`, and perhaps pages behind that which are in `found`.
  void move(Stream& stream, std::ptrdiff_t start, PageRange run, const PageBitmap& found) noexcept;

  std::array<Stream, kStreams> streams_{};
  std::uint64_t now_ = 0;  ///< collects so far
};

}  // namespace mkwrite
