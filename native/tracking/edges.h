// Edges: where open pages cool in a row, as they do behind a window that moves through memory.
// Those that cooled tell which ones are next, and how many, so that these are protected before they
// are copied in vain. Not synchronised: the tracker's lock guards them.
#pragma once

#include <array>
#include <cstddef>

#include "memory/page_bitmap.h"

namespace mkwrite {

class Edges {
 public:
  /// As many pages in a row that have cooled show where an edge is.
  static constexpr std::size_t kSmallestRun = 8;

  explicit Edges(std::size_t pages) : looking_(pages) {}

  /// Goes on: learns what came of the looks of the last collect, and takes the next ones. `found`:
  /// what was found written in `range`. `open`: pages that were left writable.
  void advance(const PageBitmap& found, const PageBitmap& open, PageRange range) noexcept;

  /// Pages to protect for a look, of those that are open.
  const PageBitmap& looking() const noexcept { return looking_; }

  /// Looks have found pages `run` cold: what borders on them in `open` may be next.
  void begin(PageRange run, const PageBitmap& open) noexcept;

  /// Ends those in `range`.
  void forget(PageRange range) noexcept;

 private:
  struct Edge {
    PageIndex next = 0;     ///< the page that is to cool next
    PageRange looked{};     ///< protected by the last collect, to see whether they are written
    std::size_t width = 0;  ///< pages to look at; 0: free
    unsigned streak = 0;    ///< looks in a row that found all pages cold
    unsigned interval = 1;  ///< collects from one look to the next
    unsigned age = 0;       ///< collects since the last
    bool upwards = true;
  };
  static constexpr std::size_t kEdges = 8;

  void begin_at(PageIndex page, bool upwards) noexcept;
  static void learn(Edge& edge, const PageBitmap& found) noexcept;
  /// Pages from the edge on that were written, or may have been.
  static PageRange next_look(const Edge& edge, const PageBitmap& found,
                             const PageBitmap& open) noexcept;

  std::array<Edge, kEdges> edges_{};
  PageBitmap looking_;
};

}  // namespace mkwrite
