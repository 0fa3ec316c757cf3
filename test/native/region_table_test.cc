// RegionTable: from an address to its sink without locks.
#include "faults/region_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "support/actor.h"
#include "support/watchdog.h"

using mkwrite::Fault;
using mkwrite::FaultOutcome;
using mkwrite::FaultSink;
using mkwrite::Region;
using mkwrite::RegionTable;

namespace {

class Sink final : public FaultSink {
 public:
  FaultOutcome on_fault(const Fault& /*fault*/) noexcept override {
    return FaultOutcome::kResolved;
  }
};

constexpr std::uintptr_t kRegionSize = 0x1000;

constexpr std::uintptr_t base_of(std::size_t index) { return (index + 1) * 2 * kRegionSize; }

/// Whether `address` is found, and in the right sink.
bool leads_to(RegionTable& table, std::uintptr_t address, const FaultSink* sink) {
  Region* region = table.pin(address);
  if (region == nullptr) return sink == nullptr;
  const bool right = region->sink == sink && address >= region->begin && address < region->end;
  RegionTable::unpin(region);
  return right;
}

}  // namespace

TEST_CASE("an address leads to the region that holds it, borders included") {
  static RegionTable table;  // never destroyed, as the real one
  Sink sink;
  CHECK(table.pin(base_of(0)) == nullptr);
  Region* region = table.add(base_of(0), base_of(0) + kRegionSize, sink);
  CHECK(leads_to(table, base_of(0), &sink));
  CHECK(leads_to(table, base_of(0) + kRegionSize - 1, &sink));
  CHECK(leads_to(table, base_of(0) - 1, nullptr));
  CHECK(leads_to(table, base_of(0) + kRegionSize, nullptr));
  CHECK(leads_to(table, 0, nullptr));
  CHECK(leads_to(table, UINTPTR_MAX, nullptr));
  table.remove(region);
  CHECK(leads_to(table, base_of(0), nullptr));
}

TEST_CASE("neighbours without a gap are told apart") {
  static RegionTable table;  // never destroyed, as the real one
  Sink low;
  Sink high;
  Region* second = table.add(0x2000, 0x3000, high);
  Region* first = table.add(0x1000, 0x2000, low);
  CHECK(leads_to(table, 0x1fff, &low));
  CHECK(leads_to(table, 0x2000, &high));
  table.remove(first);
  CHECK(leads_to(table, 0x1fff, nullptr));
  CHECK(leads_to(table, 0x2000, &high));
  table.remove(second);
}

TEST_CASE("ten thousand regions in random order are all found") {
  constexpr std::size_t kRegions = 10'000;
  static RegionTable table;  // never destroyed, as the real one
  std::vector<Sink> sinks(kRegions);
  std::vector<std::size_t> order(kRegions);
  for (std::size_t i = 0; i < kRegions; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  std::vector<Region*> regions(kRegions);
  for (const std::size_t i : order) {
    regions[i] = table.add(base_of(i), base_of(i) + kRegionSize, sinks[i]);
  }
  bool found = true;
  bool gaps_empty = true;
  for (std::size_t i = 0; i < kRegions; ++i) {
    found = found && leads_to(table, base_of(i) + 17, &sinks[i]);
    gaps_empty = gaps_empty && leads_to(table, base_of(i) + kRegionSize, nullptr);
  }
  CHECK(found);
  CHECK(gaps_empty);
  for (std::size_t i = 0; i < kRegions; i += 2) table.remove(regions[i]);
  bool right = true;
  for (std::size_t i = 0; i < kRegions; ++i) {
    right = right && leads_to(table, base_of(i), i % 2 == 0 ? nullptr : &sinks[i]);
  }
  CHECK(right);
  for (std::size_t i = 1; i < kRegions; i += 2) table.remove(regions[i]);
}

TEST_CASE("pinning goes on undisturbed while regions come and go") {
  constexpr std::size_t kSteady = 64;
  constexpr int kRounds = 2000;
  static RegionTable table;  // never destroyed, as the real one
  std::vector<Sink> steady(kSteady);
  std::vector<Region*> regions;
  for (std::size_t i = 0; i < kSteady; ++i) {
    regions.push_back(table.add(base_of(2 * i), base_of(2 * i) + kRegionSize, steady[i]));
  }
  std::atomic<bool> stop{false};
  std::atomic<bool> wrong{false};
  std::atomic<std::uint64_t> pinned{0};
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 2; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      while (!stop.load()) {
        const std::size_t i = random() % (2 * kSteady);
        Region* region = table.pin(base_of(i));
        if (region == nullptr) {
          if (i % 2 == 0) wrong.store(true);
          continue;
        }
        if (region->begin != base_of(i)) wrong.store(true);
        if (region->sink->on_fault({}) != FaultOutcome::kResolved) wrong.store(true);
        RegionTable::unpin(region);
        ++pinned;
      }
    });
  }
  std::vector<std::thread> changers;
  for (std::size_t half = 0; half < 2; ++half) {
    changers.emplace_back([&, half] {
      for (int round = 0; round < kRounds; ++round) {
        const std::size_t i = 4 * (static_cast<std::size_t>(round) % (kSteady / 2)) + 2 * half + 1;
        // Destroyed right after its removal: a handler that is still inside would be caught.
        auto sink = std::make_unique<Sink>();
        table.remove(table.add(base_of(i), base_of(i) + kRegionSize, *sink));
      }
    });
  }
  for (std::thread& changer : changers) changer.join();
  while (pinned.load() < 1000) std::this_thread::yield();
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(wrong.load());
  for (Region* region : regions) table.remove(region);
}

TEST_CASE("removing waits for a handler that is inside, and nobody new gets in") {
  static RegionTable table;  // never destroyed, as the real one
  Sink sink;
  Region* region = table.add(0x1000, 0x2000, sink);
  REQUIRE(table.pin(0x1000) == region);
  mkwrite::test::Actor remover([&] { table.remove(region); });
  CHECK_FALSE(remover.done_or_asleep());
  CHECK(leads_to(table, 0x1000, nullptr));
  RegionTable::unpin(region);
  remover.join();
  CHECK(remover.done());
}

TEST_CASE("other regions come and go while a handler is inside one") {
  static RegionTable table;  // never destroyed, as the real one
  Sink sink;
  Region* held = table.add(0x1000, 0x2000, sink);
  REQUIRE(table.pin(0x1800) == held);
  Region* other = table.add(0x4000, 0x5000, sink);
  CHECK(leads_to(table, 0x4000, &sink));
  table.remove(other);
  RegionTable::unpin(held);
  table.remove(held);
}

TEST_CASE("a fault in a region that left a moment ago is forgiven, a limited number of times") {
  static RegionTable table;  // never destroyed, as the real one
  Sink sink;
  CHECK_FALSE(table.forgive(0x1000));
  table.remove(table.add(0x1000, 0x2000, sink));
  CHECK(table.forgive(0x1000));
  CHECK(table.forgive(0x1fff));
  CHECK_FALSE(table.forgive(0x2000));
  int more = 0;
  while (table.forgive(0x1000) && more < 1'000'000) ++more;
  CHECK(more > 100);
  CHECK(more < 1'000'000);
}
