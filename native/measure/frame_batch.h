// Frames in a row, prepared once and then run by each contender.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "measure/contender.h"

namespace mkwrite {

class FrameBatch {
 public:
  /// `pages` of all frames, one after the other; `ends[i]`, ascending, is where frame i's end.
  /// `bytes_per_page` is a multiple of 8. Frame i writes with the stamp `first_stamp` + i.
  /// Throws Error (kInvalidArgument) when the ends are not in order or beyond the pages.
  FrameBatch(std::span<const std::uint32_t> pages, std::span<const std::uint32_t> ends,
             std::size_t bytes_per_page, std::uint32_t first_stamp);

  std::size_t size() const noexcept { return frames_.size(); }
  /// Valid as long as this.
  Frame operator[](std::size_t index) const noexcept;
  /// One more than the largest page number; 0 without pages.
  std::size_t page_limit() const noexcept { return page_limit_; }

 private:
  struct Extent {
    std::size_t first_page, pages;
    std::size_t first_run, runs;
  };
  std::vector<std::uint32_t> pages_;
  std::vector<PageRange> runs_;
  std::vector<Extent> frames_;
  std::size_t bytes_per_page_;
  std::uint32_t first_stamp_;
  std::size_t page_limit_ = 0;
};

}  // namespace mkwrite
