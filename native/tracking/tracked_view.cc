#include "tracking/tracked_view.h"

#include <sys/mman.h>

#include <cerrno>

#include "tracking/tracker.h"

namespace mkwrite {

TrackedView::TrackedView(Tracker& tracker, View& view)
    : writable(view.buffer().pages()),
      closed(view.buffer().pages()),
      tracker_(tracker),
      view_(view),
      region_(view.data(), view.size(), *this) {}

FaultOutcome TrackedView::on_fault(const Fault& fault) noexcept {
  if (fault.access == Access::kExecute) return FaultOutcome::kNotOurs;
  const std::size_t offset = fault.address - reinterpret_cast<std::uintptr_t>(view_.data());
  return tracker_.resolve(*this, offset / kPageSize, fault.access);
}

int TrackedView::protect(PageRange range, int protection) noexcept {
  return mprotect(address(range.first), range.count * kPageSize, protection) == 0 ? 0 : errno;
}

}  // namespace mkwrite
