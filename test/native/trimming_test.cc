// Trimming: what has not changed does not cross the bus, and what has changed is never lost.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "support/actor.h"
#include "support/coherent_fixture.h"
#include "support/device_copy.h"
#include "support/eager_trimming.h"
#include "support/mechanisms.h"
#include "support/seam_hold.h"
#include "support/writers.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 64;

/// Calls `test` with each policy that may run below a twin.
template <typename Test>
void for_each_policy(Test&& test) {
  const auto run = [&](const std::string& policy) {
    CAPTURE(policy);
    test(policy);
  };
  for_each_mechanism([&](MechanismKind kind) {
    if (kind != MechanismKind::kCompare) run(std::string(mechanism_name(kind)));
  });
  run("auto");
}

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
    TrackedBuffer tracked(kPages, trimming(policy, kPages));
    std::vector<std::byte> device(tracked.buffer->size());
    const auto copy = [&](const Pages& pages) {
      for (const PageIndex page : pages) {
        std::memcpy(device.data() + page * kPageSize, tracked.tracker.contents() + page * kPageSize,
                    kPageSize);
      }
    };
    byte_at(*tracked.view, 3) = 1;
    const Pages found = tracked.collect();
    byte_at(*tracked.view, 3) = 2;
    copy(found);
    byte_at(*tracked.view, 3) = 1;
    copy(tracked.collect());
    CHECK(device[3 * kPageSize] == std::byte{1});
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

TEST_CASE("what the device wrote and the CPU read back is in the twin") {
  for_each_policy([](std::string_view policy) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, trimming(policy, kPages));
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    device.wait(device.copy(whole, target));
    device.wait(device.fill(whole, {0, 8 * kPageSize}, 9));
    CHECK(byte_at(*fixture.view, 0) == 9);
    const auto before = fixture.coherent.stats.bytes_updated;
    byte_at(*fixture.view, 1, 50) = 9;
    device.wait(device.copy(whole, target));
    CHECK(fixture.coherent.stats.bytes_updated == before);
    byte_at(*fixture.view, 1, 100) = 3;
    device.wait(device.copy(whole, target));
    CHECK(fixture.coherent.stats.bytes_updated == before + kPageSize);
    CHECK(device.peek(*target, kPageSize + 100) == 3);
    CHECK(device.peek(*target, kPageSize + 99) == 9);
  });
}

/// The policies above, and the mechanism compare, which has a twin as well.
template <typename Test>
void for_each_twin(Test&& test) {
  for_each_policy(
      [&](std::string_view policy) { test([policy] { return trimming(policy, kPages); }); });
  test([] { return make_policy("compare", kPages); });
}

TEST_CASE("what invalidate brings back reaches coherent resources that share its bytes") {
  for_each_twin([](auto make) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, make());
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    const auto loose = fixture.coherent.create_resource({0, 2 * kPageSize}, false);
    device.wait(device.copy(whole, target));
    device.wait(device.fill(loose, 7));
    fixture.coherent.invalidate(loose->bytes());
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, kPageSize) == 7);
    CHECK(device.peek(*target, 2 * kPageSize) == 0);
  });
}

TEST_CASE("what flush sent and the CPU changed back is sent again") {
  for_each_twin([](auto make) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, make());
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    byte_at(*fixture.view, 1) = 1;
    device.wait(device.copy(whole, target));
    byte_at(*fixture.view, 1) = 2;
    fixture.coherent.flush({kPageSize, kPageSize});
    byte_at(*fixture.view, 1) = 1;
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, kPageSize) == 1);
  });
}

TEST_CASE("an update that the device refuses is sent with the next submission, though trimmed") {
  for_each_policy([](std::string_view policy) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, trimming(policy, kPages));
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    device.wait(device.copy(whole, target));
    byte_at(*fixture.view, 3) = 5;
    device->refuse_next_update();
    CHECK_THROWS_AS(device.copy(whole, target), Error);
    device.wait(device.copy(whole, target));
    CHECK(device.peek(*target, 3 * kPageSize) == 5);
  });
}

/// 41 us for a page.
constexpr double kBytesPerSecond = 100e6;

TEST_CASE("what is read back while the twin is filled is in it") {
  const TestDevice device(std::size_t{16} << 20U, std::chrono::seconds(200), kBytesPerSecond);
  const CoherentFixture fixture(device, kPages, make_policy("auto", kPages, kPages * kPageSize));
  const auto whole = fixture.whole();
  const auto target = allocate_resource(*device, fixture.buffer->size());
  const auto copy = [&] {
    return make_copy({whole, {0, whole->size()}}, {target, {0, whole->size()}});
  };
  constexpr PageIndex kCold = 16;
  byte_at(*fixture.view, kCold) = 4;
  for (std::uint8_t frame = 1; frame <= 4; ++frame) {
    for (PageIndex page = 0; page < kCold; ++page) byte_at(*fixture.view, page) = frame;
    std::vector<Command> commands;
    commands.push_back(copy());
    // The last of them, after which the device is known to be slow, leaves a page to the device.
    if (frame == 4) commands.push_back(make_fill({whole, {kCold * kPageSize, kPageSize}}, 9));
    device.wait(submit(*device, std::move(commands)));
  }
  SeamHold hold(Seam::kTrimWhileFilling);
  Actor submitter([&] { device.wait(device.copy(whole, target)); });
  hold.wait_reached();
  REQUIRE(byte_at(*fixture.view, kCold) == 9);
  hold.release();
  submitter.join();
  REQUIRE(fixture.coherent.tracker()->stats().twin_memory != 0);
  // As it was before the device wrote, and when the twin was filled first.
  std::memset(fixture.view->data() + kCold * kPageSize, 0, kPageSize);
  byte_at(*fixture.view, kCold) = 4;
  device.wait(device.copy(whole, target));
  CHECK(device.peek(*target, kCold * kPageSize) == 4);
  CHECK(device.peek(*target, kCold * kPageSize + 1) == 0);
}

TEST_CASE("under auto, trimming begins on a slow bus, ends when it does not pay, begins again") {
  const TestDevice device(std::size_t{16} << 20U, std::chrono::seconds(200), kBytesPerSecond);
  const CoherentFixture fixture(device, kPages, make_policy("auto", kPages, kPages * kPageSize));
  const auto whole = fixture.whole();
  const auto target = allocate_resource(*device, fixture.buffer->size());
  std::uint8_t value = 0;
  const auto run_until = [&](bool trims) {
    for (int frame = 0; (fixture.coherent.tracker()->stats().twin_memory != 0) != trims; ++frame) {
      REQUIRE(frame < 1000);
      ++value;
      for (PageIndex page = 0; page < 16; ++page) byte_at(*fixture.view, page) = value;
      device.wait(device.copy(whole, target));
      for (PageIndex page = 0; page < 16; ++page) {
        REQUIRE(device.peek(*target, page * kPageSize) == value);
      }
    }
  };
  run_until(true);
  run_until(false);
  run_until(true);
}

}  // namespace
}  // namespace mkwrite::test
