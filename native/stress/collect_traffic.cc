#include "stress/collect_traffic.h"

#include <algorithm>
#include <cstring>

namespace mkwrite::stress {
namespace {

/// The bus changes its speed once in so many frames: a twin is made, and thrown away after a while.
constexpr std::size_t kNewPrice = 256;
constexpr double kSlowPage = 1e6;  ///< ns; more than whatever a comparison costs

}  // namespace

CollectTraffic::CollectTraffic(Counts& counts, std::uint64_t seed, const Grounds& grounds)
    : Traffic(counts, seed), trims_(grounds.trims) {
  while (arenas_.size() < grounds.arenas) {
    auto arena = std::make_unique<Arena>(grounds);
    copies_.emplace_back(arena->buffer->size());
    arena->tracker = &Tracker::begin(*arena->buffer, grounds.make_policy());
    arena->tracker->set_owner(bus_);
    arenas_.push_back(std::move(arena));
  }
}

CollectTraffic::~CollectTraffic() {
  for (const auto& arena : arenas_) arena->buffer->detach();
}

void CollectTraffic::update(std::size_t index, PageRange range) {
  const Arena& arena = *arenas_[index];
  runs_.clear();
  arena.tracker->collect(range, [&](PageRange run) { runs_.push_back(run); });
  for (const PageRange& run : runs_) {
    const ByteRange bytes = bytes_of(run);
    std::memcpy(copies_[index].data() + bytes.offset, arena.tracker->contents() + bytes.offset,
                bytes.size);
  }
}

void CollectTraffic::frame() {
  if (trims_ && random_.one_in(kNewPrice)) bus_.set_price(random_.one_in(4) ? 0 : kSlowPage);
  Arena& arena = any_used_arena(arenas_, random_);
  const auto at = std::ranges::find(arenas_, &arena, &std::unique_ptr<Arena>::get);
  const auto index = static_cast<std::size_t>(at - arenas_.begin());
  PageRange range = arena.buffer->all_pages();
  if (&arena != &streamed_arena(arenas_) ? !random_.one_in(4) : random_.one_in(4)) {
    range = PageRange{arena.any_page(random_), 1 + random_.below(64)}.intersect(range);
  }
  const std::vector<Arrival> arrivals = sample_arrivals(arena, bytes_of(range), random_);
  update(index, range);
  arena.frame.fetch_add(1, std::memory_order_relaxed);
  counts_.lost_updates += count_missing(arrivals, copies_[index].data(), 0);
}

void CollectTraffic::settle() {
  for (std::size_t index = 0; index < arenas_.size(); ++index) {
    Arena& arena = *arenas_[index];
    for (int i = 0; i < kQuietCollects; ++i) update(index, arena.buffer->all_pages());
    const Arena::Differences found = arena.compare(copies_[index], {0, arena.buffer->size()});
    counts_.lost_updates += found.of_writers + found.of_device;
    compare_view(arena);
    arena.begin_round(random_, arena.pages() / 2);
  }
  ++counts_.comparisons;
}

}  // namespace mkwrite::stress
