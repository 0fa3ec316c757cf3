#include "tracking/tracked_view.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "faults/mutant.h"
#include "tracking/tracker.h"

namespace mkwrite {

TrackedView::TrackedView(Tracker& tracker, View& view)
    : lanes(view.buffer().pages()),
      dormant(view.buffer().pages()),
      writable(view.buffer().pages()),
      closed(view.buffer().pages()),
      ahead(view.buffer().pages()),
      tables(view),
      found(view.buffer().pages()),
      tracker_(tracker),
      view_(view),
      budget_(MappingBudget::instance()),
      inaccessible_(view.buffer().pages()),
      read_write_(view.buffer().pages()),
      borders_(view.buffer().pages()),
      region_(view.data(), view.size(), *this) {
  read_write_.set(read_write_.all());
}

TrackedView::~TrackedView() { budget_.change(splits(), 0); }

FaultOutcome TrackedView::on_fault(const Fault& fault) noexcept {
  if (fault.access == Access::kExecute) return FaultOutcome::kNotOurs;
  const std::size_t offset = fault.address - reinterpret_cast<std::uintptr_t>(view_.data());
  return tracker_.resolve(*this, offset / kPageSize, fault.access);
}

int TrackedView::protect(PageRange range, int protection) noexcept {
  if (protection == PROT_NONE) {
    if (kMutant == Mutant::kParkWritable) tables.park(range);
    // Others would be writable when they come back, unnoticed (rule 1 in docs/rules.md: protect,
    // then take the bits, then copy).
    inaccessible_.for_each_gap(range, [&](PageRange accessible) {
      read_write_.for_each_gap(accessible, [&](PageRange read_only) { tables.park(read_only); });
    });
  }
  if (mprotect(address(range.first), range.count * kPageSize, protection) != 0) {
    const int error = errno;
    // Some of it may be writable now, which the bitmaps do not say.
    if ((protection & PROT_WRITE) != 0) tables.allow(false);
    return error;
  }
  if (protection != PROT_NONE) tables.unpark(range, protection == PROT_READ);
  (protection == PROT_NONE ? inaccessible_.set(range) : inaccessible_.clear(range));
  ((protection & PROT_WRITE) != 0 ? read_write_.set(range) : read_write_.clear(range));
  note_borders(range);
  return 0;
}

void TrackedView::note_borders(PageRange range) noexcept {
  const PageRange concerned =
      PageRange::between(range.first, std::min(range.end() + 1, borders_.pages()));
  const std::size_t before = splits_;
  splits_ -= borders_.count(concerned);
  borders_.clear(concerned);
  note_border(range.first);
  note_border(range.end());
  splits_ += borders_.count(concerned);
  budget_.change(before, splits_);
}

void TrackedView::note_border(PageIndex page) noexcept {
  if (page == 0 || page >= borders_.pages()) return;
  const bool differs = inaccessible_.test(page) != inaccessible_.test(page - 1) ||
                       read_write_.test(page) != read_write_.test(page - 1);
  if (differs) borders_.set(page);
}

}  // namespace mkwrite
