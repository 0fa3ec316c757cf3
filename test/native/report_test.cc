// What submissions tell about themselves when asked, and the pages that were read back.
#include <doctest/doctest.h>

#include <thread>

#include "support/coherent_fixture.h"
#include "support/mechanisms.h"

namespace mkwrite::test {
namespace {

constexpr std::size_t kPages = 16;

using Runs = std::vector<PageRange>;

std::vector<BufferReport> report_of(const TestDevice& device, Command command) {
  std::vector<Command> commands;
  commands.push_back(std::move(command));
  std::vector<BufferReport> report;
  device.wait(submit(*device, std::move(commands), &report));
  return report;
}

TEST_CASE("a report has the pages that a submission used, wrote and found dirty") {
  for_each_mechanism([](MechanismKind kind) {
    if (kind == MechanismKind::kFull) return;  // finds everything dirty
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto whole = fixture.whole();
    const auto target = allocate_resource(*device, fixture.buffer->size());
    device.wait(device.copy(whole, target));
    for (const PageIndex page : {1, 4, 5, 12}) byte_at(*fixture.view, page) = 1;

    const ByteRange bytes{2 * kPageSize, 8 * kPageSize};
    const auto read = report_of(device, make_copy({whole, bytes}, {target, bytes}));
    REQUIRE(read.size() == 1);
    CHECK(read[0].buffer == &fixture.coherent);
    CHECK(read[0].used == Runs{{2, 8}});
    CHECK(read[0].written.empty());
    CHECK(read[0].dirty == Runs{{4, 2}});
    CHECK(read[0].moved.bytes == 2 * kPageSize);

    const auto wrote = report_of(device, make_fill({whole, {0, 3 * kPageSize}}, 7));
    CHECK(wrote[0].written == Runs{{0, 3}});
    CHECK(wrote[0].dirty == Runs{{1, 1}});
  });
}

TEST_CASE("a use brings a resource up to date and changes nothing") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto whole = fixture.whole();
    byte_at(*fixture.view, 3) = 5;
    const auto used = report_of(device, make_use({whole, {2 * kPageSize, 4 * kPageSize}}));
    CHECK(used[0].used == Runs{{2, 4}});
    CHECK(used[0].written.empty());
    CHECK(device.peek(*whole, 3 * kPageSize) == 5);
    CHECK(byte_at(*fixture.view, 3) == 5);
    CHECK(fixture.coherent.tracker()->stats().pages_read_back == 0);
  });
}

TEST_CASE("a submission without coherent resources has an empty report") {
  const TestDevice device;
  const auto target = allocate_resource(*device, kPageSize);
  CHECK(report_of(device, make_fill({target, {0, kPageSize}}, 7)).empty());
}

TEST_CASE("readbacks are noted from the first wish on, and taken once") {
  for_each_mechanism([](MechanismKind kind) {
    const TestDevice device;
    const CoherentFixture fixture(device, kPages, kind);
    const auto whole = fixture.whole();
    fixture.coherent.tracker()->set_read_back_pages(1);
    device.wait(device.fill(whole, 1));
    CHECK(byte_at(*fixture.view, 2) == 1);
    CHECK(fixture.coherent.take_read_backs().empty());

    fixture.coherent.note_read_backs();
    CHECK(byte_at(*fixture.view, 3) == 1);
    byte_at(*fixture.view, 4) = 2;
    CHECK(byte_at(*fixture.view, 9) == 1);
    CHECK(fixture.coherent.take_read_backs() == Runs{{3, 2}, {9, 1}});
    CHECK(fixture.coherent.take_read_backs().empty());

    // In the middle of being noted: what was noted stays.
    CHECK(byte_at(*fixture.view, 10) == 1);
    fixture.coherent.note_read_backs();
    CHECK(fixture.coherent.take_read_backs() == Runs{{10, 1}});
  });
}

TEST_CASE("readbacks by several threads at once are all noted") {
  const TestDevice device;
  constexpr std::size_t kMany = 256;
  const CoherentFixture fixture(device, kMany, MechanismKind::kWriteFault);
  const auto whole = fixture.whole();
  fixture.coherent.tracker()->set_read_back_pages(1);
  fixture.coherent.note_read_backs();
  device.wait(device.fill(whole, 1));
  const auto read = [&](PageIndex first) {
    for (PageIndex page = first; page < kMany; page += 2) {
      CHECK(byte_at(*fixture.view, page) == 1);
    }
  };
  std::thread other(read, 0);
  read(1);
  other.join();
  CHECK(fixture.coherent.take_read_backs() == Runs{{0, kMany}});
}

}  // namespace
}  // namespace mkwrite::test
