#include "tracking/parked_tables.h"

#include <sys/mman.h>

#include <algorithm>
#include <exception>

namespace mkwrite {
namespace {

/// Pages of the largest page table that comes back as a whole: no touch opens more pages at once.
/// With pages of 64 KiB a table is larger.
constexpr std::size_t kLargestTable = 1024;

/// Replaces what is mapped at `to` by what is mapped at `from`, in one step.
bool move(std::byte* from, std::byte* to, std::size_t size, int flags) noexcept {
  return mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | flags, to) != MAP_FAILED;
}

/// Found out by doing it: shared mappings can be moved so since Linux 5.13.
bool kernel_moves_tables(const BufferObject& buffer) {
  const Mapping from(buffer.fd(), kPageSize, PROT_READ);
  const Mapping to(buffer.fd(), kPageSize, PROT_READ);
  return move(from.data(), to.data(), kPageSize, MREMAP_DONTUNMAP);
}

}  // namespace

ParkedTables::~ParkedTables() {
  if (lost_.empty()) return;
  // What may be somebody else's by now stays mapped; the rest goes.
  const ByteRange lost = bytes_of(lost_);
  munmap(parking_.data(), lost.offset);
  munmap(parking_.data() + lost.end(), parking_.size() - lost.end());
  parking_.release();
  view_.buffer().punch_at_end();
}

void ParkedTables::allow(bool allowed) noexcept {
  allowed_ = allowed && !refused_ && pages_per_table() <= kLargestTable;
  if (!allowed && parked_.any()) {
    // Nobody will come back for them.
    madvise(parking_.data(), parking_.size(), MADV_DONTNEED);
  }
  parked_.clear();
}

void ParkedTables::park(PageRange range) noexcept {
  const PageRange tables = whole_tables(range);
  if (!allowed_ || tables.empty()) return;
  if (parking_.data() == nullptr && !make_parking()) return give_up({});
  const std::size_t offset = tables.first * kPageSize;
  const std::size_t size = tables.count * kPageSize;
  // DONTUNMAP leaves `from` mapped, without page tables, so that nobody else is given the address.
  if (!move(view_.data() + offset, parking_.data() + offset, size, MREMAP_DONTUNMAP)) {
    return give_up(tables);
  }
  parked_.set(tables);
  moved_ += tables.count / pages_per_table();
}

bool ParkedTables::make_parking() noexcept {
  try {
    static const bool works = kernel_moves_tables(view_.buffer());
    if (works) parking_ = Mapping(view_.buffer().fd(), view_.size(), PROT_READ);
    return works;
  } catch (const std::exception&) {
    return false;  // no address space for it
  }
}

void ParkedTables::unpark(PageRange range, bool read_only) noexcept {
  if (!parked_.any() || range.empty()) return;
  const std::size_t pages = pages_per_table();
  const PageRange whole = read_only ? whole_tables(range) : PageRange{};
  parked_.for_each_run(whole, [&](PageRange run) {
    // One by one: each has come as part of one mapping, but neighbours may have come from mappings
    // that differ (mlock), which some kernels refuse to move together, after unmapping the target.
    for (PageIndex table = run.first; table < run.end(); table += pages) unpark_table(table);
  });
  // Some pages of each of these tables are mapped anew from here on.
  parked_.clear(covering_tables(range).intersect(parked_.all()));
}

void ParkedTables::unpark_table(PageIndex first) noexcept {
  const PageRange table{first, pages_per_table()};
  const ByteRange bytes = bytes_of(table);
  std::byte* const from = parking_.data() + bytes.offset;
  std::byte* const to = view_.data() + bytes.offset;
  if (move(from, to, bytes.size, MREMAP_DONTUNMAP)) return;
  // An address-space limit that was lowered meanwhile is met only after the target was unmapped. To
  // move the mapping as a whole takes no more address space.
  give_up(table);
  move(from, to, bytes.size, 0);
}

void ParkedTables::give_up(PageRange lost) noexcept {
  allowed_ = false;
  refused_ = true;
  if (lost_.empty()) {
    lost_ = lost;
  } else if (!lost.empty()) {
    lost_ =
        PageRange::between(std::min(lost_.first, lost.first), std::max(lost_.end(), lost.end()));
  }
}

}  // namespace mkwrite
