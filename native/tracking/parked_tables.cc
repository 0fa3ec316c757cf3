#include "tracking/parked_tables.h"

#include <sys/mman.h>

#include <algorithm>
#include <exception>

namespace mkwrite {
namespace {

/// Replaces what is mapped at `to` by what is mapped at `from`, in one step.
bool move(std::byte* from, std::byte* to, std::size_t size, int flags) noexcept {
  return mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | flags, to) != MAP_FAILED;
}

}  // namespace

ParkedTables::~ParkedTables() {
  // Part of it may belong to somebody else by now.
  if (broken_) parking_.release();
}

void ParkedTables::allow(bool allowed) noexcept {
  allowed_ = allowed && !broken_;
  parked_.clear();
}

void ParkedTables::park(PageRange range) noexcept {
  const PageRange tables = whole_tables(range);
  if (!allowed_ || tables.empty()) return;
  if (parking_.data() == nullptr) {
    try {
      parking_ = Mapping(view_.buffer().fd(), view_.size(), PROT_READ);
    } catch (const std::exception&) {
      return give_up();
    }
  }
  const std::size_t offset = tables.first * kPageSize;
  const std::size_t size = tables.count * kPageSize;
  // DONTUNMAP leaves `from` mapped, without page tables, so that nobody else is given the address.
  if (!move(view_.data() + offset, parking_.data() + offset, size, MREMAP_DONTUNMAP)) {
    return give_up();
  }
  parked_.set(tables);
  moved_ += tables.count / pages_per_table();
}

void ParkedTables::unpark(PageRange range, bool read_only) noexcept {
  if (!parked_.any() || range.empty()) return;
  const PageRange whole = read_only ? whole_tables(range) : PageRange{};
  parked_.for_each_run(whole, [&](PageRange run) {
    std::byte* const from = parking_.data() + run.first * kPageSize;
    std::byte* const to = view_.data() + run.first * kPageSize;
    const std::size_t size = run.count * kPageSize;
    if (move(from, to, size, MREMAP_DONTUNMAP)) return;
    // The kernel meets an address-space limit that was lowered meanwhile only after it has unmapped
    // the target. To move the mapping as a whole takes no more address space.
    give_up();
    move(from, to, size, 0);
  });
  // Some pages of each of these tables are mapped anew from here on.
  const std::size_t pages = pages_per_table();
  const PageIndex end = (range.end() + pages - 1) / pages * pages;
  parked_.clear(PageRange::between(range.first / pages * pages, std::min(end, parked_.pages())));
}

void ParkedTables::give_up() noexcept {
  allowed_ = false;
  broken_ = true;
}

}  // namespace mkwrite
