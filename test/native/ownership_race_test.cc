// CPU and device write the same pages at the same time.
#include <doctest/doctest.h>

#include <array>
#include <random>
#include <thread>
#include <vector>

#include "support/owned_scene.h"
#include "support/restless_policy.h"

using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::PageRange;
using mkwrite::test::FakeDevice;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::TrackedBuffer;
using mkwrite::test::word_at;

namespace {

/// Threads count up words of random pages while submissions write random pages; a third party runs
/// the submissions. At rest nobody's bytes may be missing anywhere.
void both_sides_write(TrackedBuffer& tracked) {
  constexpr std::size_t kWriters = 2;
  constexpr int kSubmissions = 400;
  const std::size_t pages = tracked.buffer->pages();
  FakeDevice device(tracked.tracker);
  const auto second = tracked.buffer->create_view();
  std::atomic<bool> stop{false};
  std::vector<std::vector<std::uint64_t>> written(kWriters, std::vector<std::uint64_t>(pages));
  std::vector<std::thread> threads;
  for (std::size_t writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      std::mt19937 random(static_cast<unsigned>(writer));
      while (!stop.load()) {
        const PageIndex page = random() % pages;
        auto& word = word_at(random() % 2 == 0 ? *tracked.view : *second, page, writer);
        word = word + 1;
        ++written[writer][page];
      }
    });
  }
  threads.emplace_back([&] {
    while (!stop.load()) {
      device.complete(device.submitted());
      std::this_thread::yield();
    }
  });
  std::mt19937 random(99);
  const std::array<PageRange, 1> all{{tracked.buffer->all_pages()}};
  for (int i = 0; i < kSubmissions; ++i) {
    const PageIndex first = random() % (pages - 4);
    const std::array<PageRange, 1> claimed{{{first, 1 + random() % 4}}};
    device.submit(random() % 2 == 0 ? all : claimed, claimed);
  }
  device.complete(device.submitted());
  stop.store(true);
  for (std::thread& thread : threads) thread.join();

  device.complete(device.submit(all, {}));
  tracked.tracker.read_back(tracked.buffer->all_pages());
  CHECK(std::memcmp(device.memory(), tracked.buffer->alias(), tracked.buffer->size()) == 0);
  int lost = 0;
  for (PageIndex page = 0; page < pages; ++page) {
    for (std::size_t writer = 0; writer < kWriters; ++writer) {
      if (word_at(*tracked.view, page, writer) != written[writer][page]) ++lost;
    }
    if (word_at(*second, page, FakeDevice::kWord) != device.writer(page)) ++lost;
  }
  CHECK(lost == 0);
}

}  // namespace

TEST_CASE("CPU and device write the same pages, and nobody's bytes are lost") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(32, kind);
    both_sides_write(tracked);
  });
}

TEST_CASE("CPU and device write the same pages while the mechanism changes at every submission") {
  TrackedBuffer tracked(32, std::make_unique<mkwrite::test::RestlessPolicy>());
  both_sides_write(tracked);
  CHECK(tracked.tracker.stats().switches > 100);
}
