// Several views of one buffer object, coming and going while it is tracked.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "faults/handler.h"
#include "support/actor.h"
#include "support/mechanisms.h"
#include "support/seam_hold.h"
#include "support/tracked_buffer.h"

using mkwrite::kPageSize;
using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::Seam;
using mkwrite::test::Actor;
using mkwrite::test::byte_at;
using mkwrite::test::for_each_exact_mechanism;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::Pages;
using mkwrite::test::SeamHold;
using mkwrite::test::TrackedBuffer;

TEST_CASE("writes through every view are reported, each page once") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(32, kind);
    const auto second = tracked.buffer->create_view();
    const auto third = tracked.buffer->create_view();
    byte_at(*tracked.view, 1) = 1;
    byte_at(*second, 2) = 1;
    byte_at(*third, 2, 9) = 1;
    byte_at(*third, 31) = 1;
    CHECK(tracked.collect() == tracked.expected({1, 2, 31}));
    CHECK(tracked.collect() == tracked.expected({}));
  });
}

TEST_CASE("a page collected through one view is reported when another view writes it") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    const auto second = tracked.buffer->create_view();
    byte_at(*tracked.view, 3) = 1;
    tracked.collect();
    byte_at(*second, 3) = 2;
    CHECK(tracked.collect() == tracked.expected({3}));
    CHECK(byte_at(*tracked.view, 3) == 2);
  });
}

TEST_CASE(
    "a view created while tracked is tracked from its first write, and alone reports nothing") {
  for_each_exact_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    byte_at(*tracked.view, 1) = 1;
    tracked.collect();
    const auto late = tracked.buffer->create_view();
    CHECK(tracked.collect() == Pages{});
    byte_at(*late, 6) = 1;
    CHECK(tracked.collect() == Pages{6});
  });
}

TEST_CASE("a view that goes leaves its dirt") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    auto going = tracked.buffer->create_view();
    byte_at(*going, 5) = 1;
    going.reset();
    CHECK(tracked.collect() == tracked.expected({5}));
    CHECK(byte_at(*tracked.view, 5) == 1);
  });
}

TEST_CASE("tracking goes on when no view is left") {
  for_each_mechanism([](MechanismKind kind) {
    const auto buffer = mkwrite::BufferObject::create(8 * kPageSize);
    auto& tracker =
        mkwrite::Tracker::begin(*buffer, mkwrite::make_policy(mkwrite::mechanism_name(kind), 8));
    auto view = buffer->create_view();
    byte_at(*view, 2) = 1;
    view.reset();
    view = buffer->create_view();
    byte_at(*view, 3) = 1;
    const Pages found = mkwrite::test::collect(tracker, buffer->all_pages());
    CHECK(found == (kind == MechanismKind::kFull ? mkwrite::test::pages_of(buffer->all_pages())
                                                 : Pages{2, 3}));
    view.reset();
    buffer->detach();
  });
}

TEST_CASE("two hundred views of two buffer objects stay apart") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer first(16, kind);
    TrackedBuffer second(16, kind);
    std::vector<std::shared_ptr<mkwrite::View>> views;
    for (int i = 0; i < 100; ++i) {
      views.push_back(first.buffer->create_view());
      views.push_back(second.buffer->create_view());
    }
    byte_at(*views[100], 4) = 1;
    byte_at(*views[101], 5) = 1;
    CHECK(first.collect() == first.expected({4}));
    CHECK(second.collect() == second.expected({5}));
  });
}

TEST_CASE("tracking ends while threads write, and nobody crashes") {
  for_each_mechanism([](MechanismKind kind) {
    for (int round = 0; round < 20; ++round) {
      const auto buffer = mkwrite::BufferObject::create(64 * kPageSize);
      const auto view = buffer->create_view();
      std::atomic<bool> stop{false};
      std::atomic<std::uint64_t> written{0};
      std::vector<std::thread> writers;
      for (std::size_t writer = 0; writer < 3; ++writer) {
        writers.emplace_back([&, writer] {
          for (PageIndex page = 0; !stop.load(); page = (page + 1) % 64) {
            byte_at(*view, page, writer) = 1;
            ++written;
          }
        });
      }
      const auto policy = mkwrite::mechanism_name(kind);
      for (int again = 0; again < 5; ++again) {
        auto& tracker = mkwrite::Tracker::begin(*buffer, mkwrite::make_policy(policy, 64));
        const std::uint64_t before = written.load();
        while (written.load() < before + 100) mkwrite::test::collect(tracker, {0, 64});
        buffer->detach();
      }
      stop.store(true);
      for (std::thread& writer : writers) writer.join();
    }
  });
}

TEST_CASE("a fault that is on its way when tracking ends finds its page open") {
  const auto buffer = mkwrite::BufferObject::create(8 * kPageSize);
  const auto view = buffer->create_view();
  mkwrite::Tracker::begin(*buffer, mkwrite::make_policy("write-fault", 8));
  const std::uint64_t chained = mkwrite::fault_handler_stats().chained;
  SeamHold hold(Seam::kHandlerBeforeLookup);
  Actor writer([&] { byte_at(*view, 3) = 1; });
  hold.wait_reached();
  buffer->detach();
  hold.release();
  writer.join();
  // An earlier handler, Node's for one, would have ended the process.
  CHECK(mkwrite::fault_handler_stats().chained == chained);
  CHECK(buffer->alias()[3 * kPageSize] == std::byte{1});
}

TEST_CASE("a fault that waits for the lock when tracking ends finds its page open") {
  const auto buffer = mkwrite::BufferObject::create(8 * kPageSize);
  const auto view = buffer->create_view();
  mkwrite::Tracker::begin(*buffer, mkwrite::make_policy("write-fault", 8));
  byte_at(*view, 1) = 1;
  SeamHold hold(Seam::kCollectAfterProtect);
  Actor ending([&] { buffer->detach(); });
  hold.wait_reached();
  Actor writer([&] { byte_at(*view, 3) = 1; });
  CHECK_FALSE(writer.done_or_asleep());
  hold.release();
  writer.join();
  ending.join();
  CHECK(buffer->alias()[3 * kPageSize] == std::byte{1});
}

TEST_CASE("views come and go while others are written and collected") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(64, kind);
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < 2; ++thread) {
      threads.emplace_back([&, thread] {
        while (!stop.load()) {
          const auto view = tracked.buffer->create_view();
          for (PageIndex page = thread; page < 64; page += 8) byte_at(*view, page, thread) = 1;
        }
      });
    }
    for (int round = 0; round < 300; ++round) tracked.collect();
    stop.store(true);
    for (std::thread& thread : threads) thread.join();
    const auto view = tracked.buffer->create_view();
    tracked.collect();
    byte_at(*view, 63) = 1;
    CHECK(tracked.collect() == tracked.expected({63}));
  });
}
