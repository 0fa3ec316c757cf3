#include "measure/frame_batch.h"

#include <algorithm>

#include "memory/error.h"

namespace mkwrite {

FrameBatch::FrameBatch(std::span<const std::uint32_t> pages, std::span<const std::uint32_t> ends,
                       std::size_t bytes_per_page, std::uint32_t first_stamp)
    : pages_(pages.begin(), pages.end()),
      bytes_per_page_(bytes_per_page),
      first_stamp_(first_stamp) {
  if (bytes_per_page == 0 || bytes_per_page > kPageSize || bytes_per_page % 8 != 0) {
    throw Error(ErrorCode::kInvalidArgument, "Frames cannot write that many bytes to a page.");
  }
  std::vector<std::uint32_t> sorted;
  std::size_t begin = 0;
  for (const std::uint32_t end : ends) {
    if (end < begin || end > pages.size()) {
      throw Error(ErrorCode::kInvalidArgument, "Frames must end one after the other.");
    }
    sorted.assign(pages_.begin() + static_cast<std::ptrdiff_t>(begin),
                  pages_.begin() + static_cast<std::ptrdiff_t>(end));
    std::ranges::sort(sorted);
    const std::size_t first_run = runs_.size();
    for (const std::uint32_t page : sorted) {
      const bool in_frame = runs_.size() > first_run;
      if (in_frame && page < runs_.back().end()) continue;  // written twice
      if (in_frame && page == runs_.back().end()) {
        ++runs_.back().count;
      } else {
        runs_.push_back({page, 1});
      }
    }
    if (!sorted.empty()) page_limit_ = std::max(page_limit_, std::size_t{sorted.back()} + 1);
    frames_.push_back({begin, end - begin, first_run, runs_.size() - first_run});
    begin = end;
  }
}

Frame FrameBatch::operator[](std::size_t index) const noexcept {
  const Extent& extent = frames_[index];
  Frame frame;
  frame.writes.pages = std::span(pages_).subspan(extent.first_page, extent.pages);
  frame.writes.bytes_per_page = bytes_per_page_;
  frame.writes.stamp = first_stamp_ + static_cast<std::uint32_t>(index);
  frame.runs = std::span(runs_).subspan(extent.first_run, extent.runs);
  return frame;
}

}  // namespace mkwrite
