#include "faults/region_table.h"

#include <algorithm>
#include <ctime>
#include <memory>
#include <vector>

namespace mkwrite {

constinit RegionTable region_table;

struct RegionTable::Snapshot {
  struct Entry {
    std::uintptr_t begin;
    Region* region;
  };
  std::vector<Entry> entries;  ///< ascending, disjoint

  static bool starts_after(std::uintptr_t address, const Entry& entry) noexcept {
    return address < entry.begin;
  }
};

Region* RegionTable::add(std::uintptr_t begin, std::uintptr_t end, FaultSink& sink) {
  auto region = std::make_unique<Region>(begin, end, &sink);
  const std::lock_guard lock(writer_mutex_);
  const Snapshot* current = snapshot_.load();
  auto next = std::make_unique<Snapshot>();
  const std::size_t count = current != nullptr ? current->entries.size() : 0;
  next->entries.reserve(count + 1);
  if (current != nullptr) next->entries = current->entries;
  const auto place =
      std::upper_bound(next->entries.begin(), next->entries.end(), begin, Snapshot::starts_after);
  next->entries.insert(place, {begin, region.get()});
  publish(next.release());
  return region.release();
}

void RegionTable::remove(Region* region) noexcept {
  {
    const std::lock_guard lock(writer_mutex_);
    Departed& departed = departed_[departures_++ % kDeparted];
    departed.begin.store(region->begin);
    departed.end.store(region->end);
    departed.forgiven.store(0);
    const Snapshot* current = snapshot_.load();
    if (current != nullptr) {
      // Copying needs memory that may be missing; a table that cannot shrink must not keep a dead
      // region either, so this is the one allocation failure that ends the process (noexcept).
      auto next = std::make_unique<Snapshot>(*current);
      std::erase_if(next->entries,
                    [region](const Snapshot::Entry& entry) { return entry.region == region; });
      publish(next.release());
    }
  }
  // Handlers that found the region before it left the table may still be inside its sink.
  while (region->pins.load(std::memory_order_acquire) != 0) {
    constexpr timespec kPause{0, 100'000};
    nanosleep(&kPause, nullptr);
  }
  delete region;
}

void RegionTable::publish(const Snapshot* next) noexcept {
  const std::unique_ptr<const Snapshot> replaced(snapshot_.exchange(next));
  gate_.synchronize();
}

Region* RegionTable::pin(std::uintptr_t address) noexcept {
  const unsigned side = gate_.enter();
  Region* found = nullptr;
  if (const Snapshot* snapshot = snapshot_.load(); snapshot != nullptr) {
    const auto next = std::upper_bound(snapshot->entries.begin(), snapshot->entries.end(), address,
                                       Snapshot::starts_after);
    if (next != snapshot->entries.begin()) {
      Region* candidate = std::prev(next)->region;
      if (address < candidate->end) {
        // Inside the gate the region cannot be freed; the pin keeps it after the gate.
        candidate->pins.fetch_add(1);
        found = candidate;
      }
    }
  }
  gate_.leave(side);
  return found;
}

bool RegionTable::forgive(std::uintptr_t address) noexcept {
  for (Departed& departed : departed_) {
    if (address >= departed.begin.load() && address < departed.end.load() &&
        departed.forgiven.fetch_add(1) < kLateFaults) {
      return true;
    }
  }
  return false;
}

}  // namespace mkwrite
