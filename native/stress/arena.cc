#include "stress/arena.h"

#include <algorithm>
#include <cstring>

namespace mkwrite::stress {
namespace {

/// Few enough that writers and device really meet, many enough for runs of several pages.
constexpr std::size_t kHotPages = 64;

std::vector<std::shared_ptr<View>> create_views(BufferObject& buffer, std::size_t count) {
  std::vector<std::shared_ptr<View>> views;
  while (views.size() < count) views.push_back(buffer.create_view());
  return views;
}

}  // namespace

Arena::Arena(const Grounds& grounds)
    : buffer(BufferObject::create(grounds.pages * kPageSize)),
      views(create_views(*buffer, grounds.views)),
      owners(grounds.owners),
      expected(buffer->size() / kSlotSize),
      cpu_frame(grounds.pages) {}

PageRange Arena::hot() const noexcept {
  return {hot_first_.load(std::memory_order_relaxed), std::min(kHotPages, pages())};
}

PageIndex Arena::any_page(Random& random) const noexcept {
  if (random.one_in(8)) return random.below(pages());
  const PageRange range = hot();
  return range.first + random.below(range.count);
}

void Arena::begin_round(Random& random, PageIndex border) noexcept {
  const std::size_t count = hot().count;
  PageIndex first = random.below(pages() - count + 1);
  if (random.one_in(2)) first = std::min(border - std::min(border, count / 2), pages() - count);
  hot_first_.store(first, std::memory_order_relaxed);
  calm_.store(random.one_in(2), std::memory_order_relaxed);
}

Arena::Differences Arena::compare(std::span<const std::byte> memory,
                                  ByteRange where) const noexcept {
  Differences differences;
  for (Slot slot = where.offset / kSlotSize; slot * kSlotSize < where.end(); ++slot) {
    const std::uint64_t value = encode(slot, expected[slot].load());
    // A slot may begin before `where`, or end behind it.
    const ByteRange inside = ByteRange{slot * kSlotSize, kSlotSize}.intersect(where);
    const auto* const wanted = reinterpret_cast<const std::byte*>(&value);
    if (std::memcmp(memory.data() + (inside.offset - where.offset),
                    wanted + (inside.offset - slot * kSlotSize), inside.size) == 0) {
      continue;
    }
    ++(owner_of(slot, owners) == kDevice ? differences.of_device : differences.of_writers);
  }
  return differences;
}

Arena& any_arena(const Arenas& arenas, Random& random) noexcept {
  const std::size_t busy = arenas.size() - 2;
  return *arenas[random.one_in(32) ? busy + random.below(2) : random.below(busy)];
}

Arena& any_used_arena(const Arenas& arenas, Random& random) noexcept {
  return random.one_in(4) ? streamed_arena(arenas) : any_arena(arenas, random);
}

}  // namespace mkwrite::stress
