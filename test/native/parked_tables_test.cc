// What the device writes as a whole is closed and opened by moving page tables, and nothing else is
// different.
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "memory/scoped_fd.h"
#include "support/actor.h"
#include "support/owned_scene.h"
#include "support/sanitizers.h"

using mkwrite::kPageSize;
using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::PageRange;
using mkwrite::pages_per_table;
using mkwrite::Seqno;
using mkwrite::View;
using mkwrite::test::Actor;
using mkwrite::test::byte_at;
using mkwrite::test::FakeDevice;
using mkwrite::test::mappings_cannot_run_out;
using mkwrite::test::OwnedScene;
using mkwrite::test::Pages;
using mkwrite::test::pages_of;
using mkwrite::test::TrackedBuffer;
using mkwrite::test::word_at;

namespace {

constexpr std::size_t kTables = 4;

/// A few pages more than whole tables.
struct Scene : OwnedScene {
  explicit Scene(MechanismKind kind = MechanismKind::kWriteFault)
      : OwnedScene(kind, kTables * pages_per_table() + 3) {}
  PageRange all() const { return tracked.buffer->all_pages(); }
  static PageRange table(std::size_t index, std::size_t count = 1) {
    return {index * pages_per_table(), count * pages_per_table()};
  }
  void run(PageRange written) { device.complete(device.submit(written)); }
  std::size_t stale(PageRange range, Seqno expected) const {
    std::size_t count = 0;
    for (PageIndex page = range.first; page < range.end(); ++page) {
      count += device_word(page) == expected ? 0 : 1;
    }
    return count;
  }
  std::uint64_t moved() const { return tracked.tracker.stats().tables_moved; }
};

/// The address space of this process may not grow while this lives.
class NoMoreAddressSpace {
 public:
  NoMoreAddressSpace() {
    getrlimit(RLIMIT_AS, &before_);
    const rlimit none{1, before_.rlim_max};
    setrlimit(RLIMIT_AS, &none);
  }
  ~NoMoreAddressSpace() { setrlimit(RLIMIT_AS, &before_); }
  NoMoreAddressSpace(const NoMoreAddressSpace&) = delete;
  NoMoreAddressSpace& operator=(const NoMoreAddressSpace&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("what the device writes as a whole moves, and is read back page by page") {
  Scene scene;
  for (Seqno frame = 1; frame <= 3; ++frame) {
    scene.run(scene.all());
    CHECK(scene.moved() == frame * kTables);
    CHECK(scene.stale(scene.all(), frame) == 0);
  }
  CHECK(scene.tracked.collect().empty());
  const PageIndex page = pages_per_table() + 7;
  byte_at(scene.view(), page) = 1;
  CHECK(scene.tracked.collect() == Pages{page});
}

TEST_CASE("only where write faults track, and only whole tables") {
  for (const MechanismKind kind : mkwrite::test::available_mechanisms()) {
    CAPTURE(mkwrite::mechanism_name(kind));
    Scene scene(kind);
    scene.run({5, 2 * pages_per_table()});
    CHECK(scene.stale({5, 2 * pages_per_table()}, 1) == 0);
    CHECK(scene.moved() == (kind == MechanismKind::kWriteFault ? 1 : 0));
  }
}

TEST_CASE("a touch in the middle of a table opens no page that the device writes again") {
  Scene scene;
  scene.run(scene.all());
  const PageIndex middle = pages_per_table() + 100;
  CHECK(scene.device_word(middle) == 1);
  const PageRange rest = PageRange::between(middle + 64, Scene::table(1).end());
  const Seqno pending = scene.device.submit(rest);
  CHECK(scene.device_word(middle + 1) == 1);
  CHECK(scene.device.waits() == 0);
  scene.device.complete(pending);
  CHECK(scene.stale(rest, 2) == 0);
  CHECK(scene.stale(PageRange::between(0, rest.first), 1) == 0);
  CHECK(scene.stale(PageRange::between(rest.end(), scene.all().end()), 1) == 0);
}

TEST_CASE(
    "a table with written pages stays, and what was written is not lost, nor what comes next") {
  Scene scene;
  const Pages written = pages_of(Scene::table(1));
  // In no order that anybody would run ahead of.
  const auto write = [&](std::uint8_t value) {
    for (std::size_t i = 0; i < written.size(); ++i) {
      byte_at(scene.view(), written[i * 37 % written.size()]) = value;
    }
  };
  write(1);
  scene.run(scene.all());
  CHECK(scene.device.updated() == written);
  CHECK(scene.moved() == kTables - 1);
  CHECK(scene.stale(scene.all(), 1) == 0);
  write(2);
  CHECK(scene.tracked.collect() == written);
}

TEST_CASE("a view that comes or goes while tables are away") {
  Scene scene;
  scene.run(scene.all());
  const auto second = scene.tracked.buffer->create_view();
  CHECK(word_at(*second, 700, FakeDevice::kWord) == 1);
  scene.run(scene.all());
  {
    const auto third = scene.tracked.buffer->create_view();
    CHECK(word_at(*third, 5, FakeDevice::kWord) == 2);
    scene.run(scene.all());
  }
  CHECK(scene.stale(scene.all(), 3) == 0);
  CHECK(word_at(*second, 700, FakeDevice::kWord) == 3);
}

TEST_CASE("any order of reading, writing, collecting and device writes") {
  for (const std::string_view policy : {"write-fault", "auto"}) {
    const std::size_t pages = kTables * pages_per_table() + 3;
    TrackedBuffer tracked(pages, policy);
    FakeDevice device(tracked.tracker);
    const auto second = tracked.buffer->create_view();
    std::vector<Seqno> device_words(pages);
    std::vector<std::uint64_t> cpu_words(pages);
    std::vector<std::uint64_t> taken(pages);  // CPU words that the device has
    std::mt19937 random(1);
    const auto below = [&](std::size_t limit) { return random() % limit; };
    const auto some_range = [&] {
      if (below(2) == 0) {
        const std::size_t first = below(kTables);
        return Scene::table(first, 1 + below(kTables - first));
      }
      const PageIndex first = below(pages);
      return PageRange{first, 1 + below(pages - first)};
    };
    std::uint64_t stamp = 0;
    std::size_t wrong = 0;
    std::size_t lost = 0;
    const auto update_to = [&](Seqno seqno, PageRange range) {
      device.complete(seqno);
      for (const PageIndex page : device.updated()) taken[page] = cpu_words[page];
      for (PageIndex page = range.first; page < range.end(); ++page) {
        lost += taken[page] == cpu_words[page] ? 0 : 1;
      }
    };
    for (int step = 0; step < 300; ++step) {
      const View& view = below(2) == 0 ? *tracked.view : *second;
      const PageRange range = some_range();
      const PageRange used[] = {range};
      switch (below(4)) {
        case 0:
          update_to(device.submit(used, used), range);
          for (PageIndex page = range.first; page < range.end(); ++page) {
            device_words[page] = device.submitted();
          }
          break;
        case 1:
          for (int i = 0; i < 5; ++i) {
            const PageIndex page = range.first + below(range.count);
            word_at(view, page) = cpu_words[page] = ++stamp;
          }
          break;
        case 2:
          update_to(device.submit(used, {}), range);
          break;
        default:
          for (PageIndex page = range.first; page < range.end(); ++page) {
            wrong += word_at(view, page, FakeDevice::kWord) == device_words[page] ? 0 : 1;
            wrong += word_at(view, page) == cpu_words[page] ? 0 : 1;
          }
      }
    }
    CAPTURE(policy);
    CHECK(wrong == 0);
    CHECK(lost == 0);
  }
}

TEST_CASE("readers see no page from before a submission that has completed, whoever opens it") {
  Scene scene;
  std::atomic<Seqno> completed{0};
  std::atomic<std::uint64_t> stale{0};
  std::atomic<int> reads{0};
  std::atomic<bool> ending{false};
  const auto read = [&](std::uint32_t seed) {
    std::mt19937 random(seed);
    while (!ending.load()) {
      const Seqno least = completed.load();
      const PageIndex first = random() % scene.all().count;
      const PageRange range = PageRange{first, 1 + random() % 900}.intersect(scene.all());
      for (PageIndex page = range.first; page < range.end(); ++page) {
        if (scene.device_word(page) < least) stale.fetch_add(1);
      }
      reads.fetch_add(1);
    }
  };
  {
    Actor one([&] { read(1); });
    Actor two([&] { read(2); });
    while (reads.load() < (mkwrite::test::kThreadSanitizer ? 20 : 500)) {
      const Seqno seqno = scene.device.submit(scene.all());
      scene.device.complete(seqno);
      completed.store(seqno);
    }
    ending.store(true);
  }
  CHECK(stale.load() == 0);
  CHECK(scene.stale(scene.all(), scene.device.submitted()) == 0);
}

TEST_CASE("without address space for it, pages are closed and opened as ever") {
  if (mappings_cannot_run_out()) return;
  Scene scene;
  {
    const NoMoreAddressSpace none;
    scene.run(Scene::table(0, 2));
  }
  CHECK(scene.moved() == 0);
  CHECK(scene.stale(Scene::table(0, 2), 1) == 0);
  scene.run(Scene::table(0, 2));
  CHECK(scene.moved() == 0);
  CHECK(scene.stale(Scene::table(0, 2), 2) == 0);
}

TEST_CASE("a limit of address space that is lowered while tables are away loses nothing") {
  if (mappings_cannot_run_out()) return;
  Scene scene;
  scene.run(scene.all());
  CHECK(scene.moved() == kTables);
  std::size_t stale = 0;
  {
    const NoMoreAddressSpace none;
    stale = scene.stale(scene.all(), 1);
  }
  CHECK(stale == 0);
  scene.run(scene.all());
  CHECK(scene.stale(scene.all(), 2) == 0);
  byte_at(scene.view(), 600) = 1;
  CHECK(scene.tracked.collect() == Pages{600});
}

TEST_CASE("what the kernel refused to move keeps no memory when the buffer object is gone") {
  if (mappings_cannot_run_out()) return;
  auto scene = std::make_unique<Scene>();
  scene->run(scene->all());
  {
    const NoMoreAddressSpace none;
    CHECK(scene->stale(scene->all(), 1) == 0);
  }
  const mkwrite::ScopedFd file(dup(scene->tracked.buffer->fd()));
  struct stat status{};
  REQUIRE(fstat(file.get(), &status) == 0);
  CHECK(status.st_blocks > 0);
  scene.reset();
  REQUIRE(fstat(file.get(), &status) == 0);
  CHECK(status.st_blocks == 0);
}

TEST_CASE("pages that the program locks in memory are read back all the same") {
  Scene scene;
  for (Seqno frame = 1; frame <= 4; ++frame) {
    // Neighbours so come from mappings with different flags.
    mlock(scene.view().data(), pages_per_table() * kPageSize);
    scene.device.complete(scene.device.submit(Scene::table(0, 2)));
    scene.run(Scene::table(2, 2));
    scene.tracked.buffer->begin_access(scene.all(), false);
    CHECK(scene.stale(Scene::table(0, 2), 2 * frame - 1) == 0);
    CHECK(scene.stale(Scene::table(2, 2), 2 * frame) == 0);
    scene.tracked.buffer->end_access(scene.all(), false);
  }
}

TEST_CASE("auto goes over to write faults for what is read back, not for what is only written") {
  if (!mkwrite::test::available(MechanismKind::kUserfault)) return;
  const std::size_t pages = kTables * pages_per_table();
  const PageRange all{0, pages};
  const auto mechanism_after = [&](auto&& touch) {
    TrackedBuffer tracked(pages, "auto");
    FakeDevice device(tracked.tracker);
    for (int frame = 0; frame < 30; ++frame) {
      device.complete(device.submit(all));
      touch(*tracked.view);
    }
    return tracked.tracker.mechanism();
  };
  const auto read = [&](const View& view) {
    for (PageIndex page = 0; page < pages; ++page) static_cast<void>(byte_at(view, page) + 0);
  };
  CHECK(mechanism_after(read) == MechanismKind::kWriteFault);
  CHECK(mechanism_after([](const View&) {}) == MechanismKind::kUserfault);
  // What has a written page in each table could not be moved.
  const auto scatter = [&](const View& view) {
    read(view);
    for (std::size_t table = 0; table < kTables; ++table) {
      byte_at(view, table * pages_per_table() + 7) = 1;
    }
  };
  CHECK(mechanism_after(scatter) == MechanismKind::kUserfault);
}
