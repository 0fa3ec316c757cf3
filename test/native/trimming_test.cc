// Trimming: what has not changed does not cross the bus, and what has changed is never lost.
#include <doctest/doctest.h>

#include <stdexcept>

#include "support/actor.h"
#include "support/device_copy.h"
#include "support/seam_hold.h"
#include "support/trimmed.h"
#include "support/writers.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 64;

struct Scene {
  explicit Scene(std::string_view policy)
      : tracked(kPages, trimming(policy, kPages)), device(tracked.tracker) {}

  TrackedBuffer tracked;
  DeviceCopy device;
};

TEST_CASE("a page that is written with what it had is trimmed") {
  for_each_policy([](std::string_view policy) {
    TrackedBuffer tracked(kPages, trimming(policy, kPages));
    byte_at(*tracked.view, 3) = 5;
    tracked.collect();
    byte_at(*tracked.view, 3) = 5;
    const std::uint64_t before = tracked.tracker.stats().pages_reported;
    CHECK(tracked.collect().empty());
    CHECK(tracked.tracker.stats().pages_trimmed >= 1);
    CHECK(tracked.tracker.stats().pages_reported == before);
    byte_at(*tracked.view, 3) = 6;
    CHECK(tracked.collect() == Pages{3});
  });
}

TEST_CASE("pages that are kept open and no longer change are not reported") {
  TrackedBuffer tracked(kPages, trimming("auto", kPages));
  const Pages hot{3, 4, 50};
  for (std::uint8_t frame = 1; frame < 10; ++frame) {
    for (const PageIndex page : hot) byte_at(*tracked.view, page) = frame;
    CHECK(tracked.collect() == hot);
  }
  const TrackerStats before = tracked.tracker.stats();
  for (int frame = 0; frame < 4; ++frame) CHECK(tracked.collect().empty());
  const TrackerStats after = tracked.tracker.stats();
  CHECK(after.pages_kept_open > before.pages_kept_open);
  CHECK(after.pages_trimmed > before.pages_trimmed);
}

TEST_CASE("a change that a failed collect has found is reported by the next") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    scene.device.update();
    const PageRange all = scene.tracked.buffer->all_pages();
    const auto fail = [](PageRange) { throw std::runtime_error("injected"); };
    byte_at(*scene.tracked.view, 3) = 5;
    CHECK_THROWS_AS(scene.tracked.tracker.collect(all, fail), std::runtime_error);
    scene.device.update();
    CHECK(scene.device.matches());
    // Once it was reported it is as any other page.
    byte_at(*scene.tracked.view, 3) = 5;
    CHECK(scene.tracked.collect().empty());
  });
}

TEST_CASE("a change that a failed collect has found, and that is undone, is reported") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    scene.device.update();
    const PageRange used[] = {scene.tracked.buffer->all_pages()};
    const auto fail = [] { throw std::runtime_error("injected"); };
    byte_at(*scene.tracked.view, 3) = 5;
    CHECK_THROWS_AS(
        scene.tracked.tracker.validate(used, {}, [](PageRange) {}, fail), std::runtime_error);
    byte_at(*scene.tracked.view, 3) = 0;
    scene.device.update();
    CHECK(scene.device.matches());
  });
}

TEST_CASE("what changes after a trimmed collect and changes back is not on the device") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    write_there_and_back_around_copy(*scene.tracked.view, scene.device);
    CHECK(scene.device.matches());
  });
}

TEST_CASE("a write between comparison and copy is not lost") {
  for_each_policy([](std::string_view policy) {
    for (const std::uint8_t raced : {std::uint8_t{0}, std::uint8_t{9}}) {
      Scene scene(policy);
      scene.device.update();
      byte_at(*scene.tracked.view, 3) = 5;
      SeamHold hold(Seam::kTrimBeforeTake);
      Actor collector([&] { scene.device.update(); });
      hold.wait_reached();
      Actor writer([&] { byte_at(*scene.tracked.view, 3) = raced; });
      writer.done_or_asleep();
      hold.release();
      writer.join();
      collector.join();
      scene.device.update();
      CHECK(scene.device.matches());
    }
  });
}

TEST_CASE("what was dirty when trimming began is reported, although the twin has it") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    byte_at(*scene.tracked.view, 3) = 5;
    scene.tracked.collect({10, 1});
    REQUIRE(scene.tracked.tracker.stats().twin_memory != 0);
    scene.device.update();
    CHECK(scene.device.matches());
  });
}

TEST_CASE("what is written after the twin was filled by a submission that failed is reported") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    byte_at(*scene.tracked.view, 3) = 5;
    scene.tracked.tracker.begin_access({0, 1}, true);
    const PageRange written[] = {{0, 1}};
    CHECK_THROWS_AS(
        scene.tracked.tracker.validate(written, written, [](PageRange) {}, [] {}), Error);
    scene.tracked.tracker.end_access({0, 1}, true);
    byte_at(*scene.tracked.view, 4) = 6;
    scene.device.update();
    CHECK(scene.device.matches());
  });
}

TEST_CASE("what is written under CPU access is reported while it lasts and after it") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    scene.tracked.tracker.begin_access({3, 1}, true);
    std::byte* const unseen = scene.tracked.buffer->alias() + 3 * kPageSize;
    for (int value = 1; value < 5; ++value) {
      *unseen = static_cast<std::byte>(value);
      scene.device.update();
      CHECK(scene.device.matches());
    }
    *unseen = std::byte{9};
    scene.tracked.tracker.end_access({3, 1}, true);
    scene.device.update();
    CHECK(scene.device.matches());
  });
}

TEST_CASE("what is written under CPU access elsewhere, while trimming begins, is reported") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    scene.tracked.tracker.begin_access({3, 1}, true);
    scene.tracked.buffer->alias()[3 * kPageSize] = std::byte{5};
    scene.tracked.collect({10, 1});
    scene.tracked.tracker.end_access({3, 1}, true);
    scene.device.update();
    CHECK(scene.device.matches());
  });
}

TEST_CASE("what the mechanism compare has found is not compared again") {
  const auto buffer = BufferObject::create(kPages * kPageSize);
  Tracker& tracker = Tracker::begin(*buffer, trimming("compare", kPages));
  collect(tracker, buffer->all_pages());
  const auto view = buffer->create_view();
  byte_at(*view, 3) = 5;
  CHECK(collect(tracker, buffer->all_pages()) == Pages{3});
  buffer->detach();
}

TEST_CASE("what is declared written is reported, even if the twin was made after the write") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    scene.tracked.buffer->alias()[3 * kPageSize] = std::byte{5};  // by a writer whom nobody sees
    scene.tracked.collect({10, 1});
    scene.tracked.tracker.mark_dirty({3, 1});
    scene.device.update();
    CHECK(scene.device.matches());
  });
}

TEST_CASE("a view that goes leaves its dirt while reports are trimmed") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    scene.device.update();
    auto view = scene.tracked.buffer->create_view();
    byte_at(*view, 3) = 5;
    view.reset();
    scene.device.update();
    CHECK(scene.device.matches());
  });
}

TEST_CASE("no twin is made above its limit") {
  const std::size_t size = kPages * kPageSize;
  TrackedBuffer without(kPages, trimming("write-fault", kPages, size - 1));
  byte_at(*without.view, 3) = 5;
  without.collect();
  CHECK(without.tracker.stats().twin_memory == 0);
  TrackedBuffer with(kPages, trimming("write-fault", kPages, size));
  byte_at(*with.view, 3) = 5;
  with.collect();
  CHECK(with.tracker.stats().twin_memory == kPageSize);
}

TEST_CASE("nothing is lost when racing threads write trimmed pages") {
  for_each_policy([](std::string_view policy) {
    const Load load{8, 3, 2, 10, 5'000};
    Scene scene(policy);
    Writers writers(load, {scene.tracked.view, scene.tracked.buffer->create_view()});
    for (int round = 0; round < load.rounds; ++round) {
      writers.begin_round();
      while (writers.writing()) scene.device.update();
      scene.device.update();
      CHECK(scene.device.matches());
    }
  });
}

TEST_CASE("nothing is lost when racing threads change pages there and back") {
  for_each_policy([](std::string_view policy) {
    Scene scene(policy);
    for (int round = 0; round < 10; ++round) {
      const auto flip = [&](std::size_t word) {
        for (PageIndex i = 0; i < 8'000; ++i) {
          auto& flipped = word_at(*scene.tracked.view, i % 4, word);
          flipped = flipped ^ 1U;
        }
      };
      Actor one([&] { flip(1); });
      Actor other([&] { flip(500); });
      while (!one.done() || !other.done()) scene.device.update();
      one.join();
      other.join();
      scene.device.update();
      CHECK(scene.device.matches());
    }
  });
}

}  // namespace
}  // namespace mkwrite::test
