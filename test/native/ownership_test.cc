// Device-owned pages: closed from the submission that writes them until their readback.
#include <doctest/doctest.h>

#include <array>
#include <random>
#include <thread>
#include <vector>

#include "support/actor.h"
#include "support/fake_device.h"
#include "support/mechanisms.h"
#include "support/restless_policy.h"
#include "support/seam_hold.h"

using mkwrite::kPageSize;
using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::PageRange;
using mkwrite::Seam;
using mkwrite::Seqno;
using mkwrite::test::Actor;
using mkwrite::test::byte_at;
using mkwrite::test::FakeDevice;
using mkwrite::test::for_each_exact_mechanism;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::Pages;
using mkwrite::test::pages_of;
using mkwrite::test::SeamHold;
using mkwrite::test::TrackedBuffer;
using mkwrite::test::word_at;

namespace {

struct Scene {
  explicit Scene(MechanismKind kind, std::size_t pages = 64)
      : tracked(pages, kind), device(tracked.tracker) {}
  mkwrite::View& view() const { return *tracked.view; }
  std::uint64_t device_word(PageIndex page) const {
    return word_at(view(), page, FakeDevice::kWord);
  }
  TrackedBuffer tracked;
  FakeDevice device;
};

Pages without(Pages pages, PageRange range) {
  std::erase_if(pages, [&](PageIndex page) { return range.contains(page); });
  return pages;
}

}  // namespace

TEST_CASE("what the device wrote is read by the CPU once the submission is done") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    for (Seqno round = 1; round < 20; ++round) {
      scene.device.complete(scene.device.submit({3, 2}));
      CHECK(scene.device_word(3) == round);
      CHECK(scene.device_word(4) == round);
      CHECK(scene.device_word(5) == 0);
    }
  });
}

TEST_CASE("a touch waits for the submission that writes the page") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    const Seqno seqno = scene.device.submit({3, 1});
    std::uint64_t seen = 99;
    Actor reader([&] { seen = scene.device_word(3); });
    CHECK_FALSE(reader.done_or_asleep());
    scene.device.complete(seqno);
    reader.join();
    CHECK(seen == seqno);
    CHECK(scene.device.waits() == 1);
    CHECK(scene.tracked.tracker.stats().waits == 1);
  });
}

TEST_CASE("a touch that waits blocks no other fault, no collect and no submission") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    const auto second = scene.tracked.buffer->create_view();
    const Seqno first = scene.device.submit({3, 1});
    Actor reader([&] { byte_at(scene.view(), 3) = 1; });
    CHECK_FALSE(reader.done_or_asleep());
    byte_at(scene.view(), 5) = 1;
    byte_at(*second, 6) = 1;
    CHECK(scene.tracked.collect() ==
          (kind == MechanismKind::kFull ? without(pages_of({0, 64}), {3, 1}) : Pages{5, 6}));
    const Seqno other = scene.device.submit({30, 1});
    scene.tracked.buffer->create_view().reset();
    scene.device.complete(first);
    reader.join();
    scene.device.complete(other);
    CHECK(scene.device_word(30) == other);
    CHECK(byte_at(scene.view(), 3) == 1);
  });
}

TEST_CASE("a page that is taken by a second submission while a touch waits is waited for again") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    const Seqno first = scene.device.submit({3, 1});
    SeamHold hold(Seam::kHandlerAfterWait);
    std::uint64_t seen = 99;
    Actor reader([&] { seen = scene.device_word(3); });
    CHECK_FALSE(reader.done_or_asleep());
    scene.device.complete(first);
    hold.wait_reached();
    const Seqno second = scene.device.submit({3, 1});
    hold.release();
    CHECK_FALSE(reader.done_or_asleep());
    scene.device.complete(second);
    reader.join();
    CHECK(seen == second);
  });
}

TEST_CASE("a write to a device-owned page reads back first, and both sides' bytes survive") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    byte_at(scene.view(), 3, 0) = 11;
    const Seqno seqno = scene.device.submit({3, 1});
    CHECK(scene.device.updated() == Pages{3});
    scene.device.complete(seqno);
    byte_at(scene.view(), 3, 1) = 22;
    CHECK(scene.device.read_backs(3) == 1);
    CHECK(byte_at(scene.view(), 3, 0) == 11);
    CHECK(byte_at(scene.view(), 3, 1) == 22);
    CHECK(scene.device_word(3) == seqno);
    CHECK(scene.tracked.collect() == scene.tracked.expected({3}));
  });
}

TEST_CASE("a write that is held before the readback lands on top of it") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    scene.device.complete(scene.device.submit({3, 1}));
    SeamHold hold(Seam::kHandlerBeforeReadback);
    Actor writer([&] { byte_at(scene.view(), 3, 1) = 22; });
    hold.wait_reached();
    Actor other([&] { byte_at(scene.view(), 3, 2) = 33; });
    CHECK_FALSE(other.done_or_asleep());
    hold.release();
    writer.join();
    other.join();
    CHECK(scene.device.read_backs(3) == 1);
    CHECK(byte_at(scene.view(), 3, 1) == 22);
    CHECK(byte_at(scene.view(), 3, 2) == 33);
    CHECK(scene.device_word(3) == 1);
  });
}

TEST_CASE("a page is read back once, however many views touch it") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    const auto second = scene.tracked.buffer->create_view();
    scene.device.complete(scene.device.submit({3, 1}));
    CHECK(scene.device_word(3) == 1);
    CHECK(word_at(*second, 3, FakeDevice::kWord) == 1);
    CHECK(scene.device_word(3) == 1);
    CHECK(scene.device.read_backs(3) == 1);
    CHECK(scene.tracked.tracker.stats().pages_read_back == 1);
  });
}

TEST_CASE("a page that nobody touches is never read back, however often the device writes it") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    for (int i = 0; i < 10; ++i) scene.device.complete(scene.device.submit({3, 1}));
    CHECK(scene.device.read_backs(3) == 0);
    CHECK(scene.device_word(3) == 10);
    CHECK(scene.device.read_backs(3) == 1);
  });
}

TEST_CASE("one touch takes the next pages along, and the next touch there twice as many") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    scene.device.complete(scene.device.submit({0, 60}));
    static_cast<void>(scene.device_word(0));
    CHECK(scene.tracked.tracker.stats().pages_read_back == 16);
    for (PageIndex page = 0; page < 60; ++page) CHECK(scene.device_word(page) == 1);
    for (PageIndex page = 0; page < 60; ++page) CHECK(scene.device.read_backs(page) == 1);
    // 16, 32, and the rest.
    CHECK(scene.tracked.tracker.stats().read_faults == 3);
  });
}

TEST_CASE("one touch takes the pages before it along when the CPU reads downwards") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    scene.device.complete(scene.device.submit({3, 40}));
    for (PageIndex page = 43; page-- > 3;) CHECK(scene.device_word(page) == 1);
    for (PageIndex page = 3; page < 43; ++page) CHECK(scene.device.read_backs(page) == 1);
    // 16 and the rest; the first touch is at the end, where nothing follows.
    CHECK(scene.tracked.tracker.stats().read_faults == 2);
  });
}

TEST_CASE("a touch waits for no page but its own") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    scene.device.complete(scene.device.submit({3, 1}));
    const Seqno pending = scene.device.submit({4, 1});
    CHECK(scene.device_word(3) == 1);
    CHECK(scene.device.read_backs(4) == 0);
    scene.device.complete(pending);
    CHECK(scene.device_word(4) == pending);
  });
}

TEST_CASE("a device-owned page is never reported") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    byte_at(scene.view(), 3) = 1;
    byte_at(scene.view(), 9) = 1;
    scene.device.submit({3, 2});
    scene.tracked.tracker.mark_dirty({2, 4});
    CHECK(scene.tracked.collect() ==
          (kind == MechanismKind::kFull ? without(pages_of({0, 64}), {3, 2}) : Pages{2, 5, 9}));
    const std::array<PageRange, 1> used{{{0, 64}}};
    scene.device.submit(used, {});
    CHECK(scene.device.updated() == without(scene.tracked.expected({}), {3, 2}));
    scene.device.complete(scene.device.submitted());
  });
}

TEST_CASE("a page that was only read after its readback is clean") {
  for_each_exact_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    scene.device.complete(scene.device.submit({3, 8}));
    for (PageIndex page = 3; page < 11; ++page) CHECK(scene.device_word(page) == 1);
    CHECK(scene.tracked.collect() == Pages{});
    byte_at(scene.view(), 7) = 1;
    CHECK(scene.tracked.collect() == Pages{7});
  });
}

TEST_CASE("a view created while pages are device-owned is closed there") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    const Seqno seqno = scene.device.submit({3, 2});
    const auto late = scene.tracked.buffer->create_view();
    std::uint64_t seen = 99;
    Actor reader([&] { seen = word_at(*late, 3, FakeDevice::kWord); });
    CHECK_FALSE(reader.done_or_asleep());
    byte_at(*late, 5) = 1;
    scene.device.complete(seqno);
    reader.join();
    CHECK(seen == seqno);
    CHECK(scene.device.read_backs(3) == 1);
  });
}

TEST_CASE("a view that goes leaves the device what it owns") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    auto going = scene.tracked.buffer->create_view();
    const Seqno seqno = scene.device.submit({3, 2});
    going.reset();
    scene.device.complete(seqno);
    CHECK(scene.device_word(3) == seqno);
  });
}

TEST_CASE("pages that are disowned are neither waited for nor read back") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    byte_at(scene.view(), 3) = 7;
    scene.device.submit({3, 2});
    scene.tracked.tracker.disown({3, 2});
    scene.tracked.tracker.mark_dirty({3, 1});
    CHECK(byte_at(scene.view(), 3) == 7);
    byte_at(scene.view(), 4) = 8;
    CHECK(scene.device.waits() == 0);
    CHECK(scene.device.read_backs(3) == 0);
    CHECK(scene.tracked.collect() == scene.tracked.expected({3, 4}));
  });
}

TEST_CASE("reading back a range waits for the device, and later touches wait for nothing") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    const Seqno seqno = scene.device.submit({3, 2});
    Actor reader([&] { scene.tracked.tracker.read_back({0, 64}); });
    CHECK_FALSE(reader.done_or_asleep());
    scene.device.complete(seqno);
    reader.join();
    CHECK(scene.device.read_backs(3) == 1);
    const std::uint32_t waits = scene.device.waits();
    CHECK(scene.device_word(3) == seqno);
    CHECK(scene.device_word(4) == seqno);
    CHECK(scene.device.waits() == waits);
    CHECK(scene.device.read_backs(3) == 1);
  });
}

TEST_CASE("a claim that fails owns nothing and has taken nothing") {
  for_each_mechanism([](MechanismKind kind) {
    Scene scene(kind);
    byte_at(scene.view(), 3) = 7;
    const std::array<PageRange, 1> pages{{{3, 2}}};
    CHECK_THROWS_AS(scene.tracked.tracker.validate(
                        pages, pages, [](PageRange) {}, [] { throw std::bad_alloc(); }),
                    std::bad_alloc);
    CHECK(byte_at(scene.view(), 3) == 7);
    CHECK(scene.device.read_backs(3) == 0);
    CHECK(scene.tracked.collect() == scene.tracked.expected({3}));
  });
}

TEST_CASE("a write between closing and owning waits until the claim is complete") {
  for_each_mechanism([](MechanismKind kind) {
    for (const Seam where :
         {Seam::kSubmitAfterClose, Seam::kSubmitBeforeOwn, Seam::kSubmitAfterOwn}) {
      Scene scene(kind);
      byte_at(scene.view(), 3) = 1;
      SeamHold hold(where);
      Seqno seqno = 0;
      Actor submitter([&] { seqno = scene.device.submit({3, 1}); });
      hold.wait_reached();
      Actor writer([&] { byte_at(scene.view(), 3, 1) = 2; });
      CHECK_FALSE(writer.done_or_asleep());
      hold.release();
      submitter.join();
      CHECK_FALSE(writer.done_or_asleep());
      scene.device.complete(seqno);
      writer.join();
      CHECK(scene.device_word(3) == seqno);
      CHECK(byte_at(scene.view(), 3, 0) == 1);
      CHECK(byte_at(scene.view(), 3, 1) == 2);
    }
  });
}

TEST_CASE("owned pages stay owned across changes of mechanism") {
  TrackedBuffer tracked(64, std::make_unique<mkwrite::test::RestlessPolicy>());
  FakeDevice device(tracked.tracker);
  byte_at(*tracked.view, 3) = 1;
  const Seqno seqno = device.submit({3, 2});
  for (int i = 0; i < 7; ++i) {
    const Pages found = tracked.collect();
    CHECK(std::ranges::find(found, 3U) == found.end());
  }
  CHECK(device.read_backs(3) == 0);
  Actor reader([&] { CHECK(word_at(*tracked.view, 3, FakeDevice::kWord) == seqno); });
  CHECK_FALSE(reader.done_or_asleep());
  device.complete(seqno);
  reader.join();
  CHECK(byte_at(*tracked.view, 3) == 1);
}

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
