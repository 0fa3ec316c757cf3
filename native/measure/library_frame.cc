#include "measure/library_frame.h"

#include <utility>

#include "measure/clock.h"

namespace mkwrite {

LibraryFrame::LibraryFrame(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy)
    : buffer_(std::move(buffer)), copy_(std::move(copy)) {
  // The alias's page-table entries are present before it counts, as the bare loop's are.
  copy_->update(buffer_->alias(), buffer_->all_pages());
}

LibraryFrame::Written LibraryFrame::write(std::byte* view, const PageWrites& writes) const {
  const std::uint64_t faults_before = minor_faults();
  const Stopwatch stopwatch;
  write_pages(view, writes);
  const std::int64_t ns = stopwatch.elapsed_ns();
  return {ns, minor_faults() - faults_before};
}

std::int64_t LibraryFrame::copy(std::span<const std::uint32_t> runs) {
  const Stopwatch stopwatch;
  for (std::size_t i = 0; i + 1 < runs.size(); i += 2) {
    copy_->update(buffer_->alias(), {runs[i], runs[i + 1]});
  }
  return stopwatch.elapsed_ns();
}

std::size_t LibraryFrame::count_stale(std::span<const std::uint32_t> pages) const noexcept {
  return copy_->count_stale(buffer_->alias(), pages);
}

}  // namespace mkwrite
