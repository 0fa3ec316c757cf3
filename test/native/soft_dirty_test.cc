// What only soft-dirty does: the clear is process-wide, and a page whose page-table entry vanishes
// takes its bit along. Skipped where the kernel reports no soft-dirty pages.
#include <doctest/doctest.h>
#include <sys/mman.h>

#include "support/actor.h"
#include "support/mechanisms.h"
#include "support/seam_hold.h"
#include "support/tracked_buffer.h"

using mkwrite::kPageSize;
using mkwrite::MechanismKind;
using mkwrite::Seam;
using mkwrite::test::Actor;
using mkwrite::test::available;
using mkwrite::test::byte_at;
using mkwrite::test::Pages;
using mkwrite::test::SeamHold;
using mkwrite::test::TrackedBuffer;

namespace {

constexpr MechanismKind kSoftDirty = MechanismKind::kSoftDirty;

/// Takes a page's page-table entry away, as reclaim would.
void zap(const mkwrite::View& view, mkwrite::PageIndex page) {
  std::byte* const address = view.data() + page * kPageSize;
  munlock(address, kPageSize);
  REQUIRE(madvise(address, kPageSize, MADV_DONTNEED) == 0);
}

}  // namespace

TEST_CASE("collecting one buffer object leaves the dirt of the others") {
  if (!available(kSoftDirty)) return;
  TrackedBuffer first(16, kSoftDirty);
  TrackedBuffer second(16, kSoftDirty);
  byte_at(*first.view, 1) = 1;
  byte_at(*second.view, 2) = 1;
  CHECK(first.collect() == Pages{1});
  CHECK(second.collect() == Pages{2});
  CHECK(first.collect() == Pages{});
  CHECK(second.collect() == Pages{});
}

TEST_CASE("a tracker that begins leaves the dirt of the others") {
  if (!available(kSoftDirty)) return;
  TrackedBuffer first(16, kSoftDirty);
  byte_at(*first.view, 1) = 1;
  const TrackedBuffer second(16, kSoftDirty);
  mkwrite::make_mechanism(kSoftDirty);
  CHECK(first.collect() == Pages{1});
}

TEST_CASE(
    "writers to every buffer object are held off between reading the bits and clearing them") {
  if (!available(kSoftDirty)) return;
  TrackedBuffer first(16, kSoftDirty);
  TrackedBuffer second(16, kSoftDirty);
  byte_at(*second.view, 3) = 1;
  second.collect();
  SeamHold hold(Seam::kSoftDirtyBeforeClear);
  Actor collector([&] { first.collect(); });
  hold.wait_reached();
  Actor writer([&] { byte_at(*second.view, 3) = 2; });
  CHECK_FALSE(writer.done_or_asleep());
  hold.release();
  collector.join();
  writer.join();
  CHECK(second.collect() == Pages{3});
}

TEST_CASE("a written page whose entry vanished is reported") {
  if (!available(kSoftDirty)) return;
  TrackedBuffer tracked(16, kSoftDirty);
  byte_at(*tracked.view, 5) = 1;
  tracked.collect();
  byte_at(*tracked.view, 5) = 2;
  zap(*tracked.view, 5);
  CHECK(tracked.collect() == Pages{5});
  CHECK(tracked.buffer->alias()[5 * kPageSize] == std::byte{2});
  CHECK(tracked.collect() == Pages{});
}

TEST_CASE("a page is not given up on, however often its writer was held off") {
  if (!available(kSoftDirty)) return;
  TrackedBuffer tracked(1, kSoftDirty);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (std::uint8_t value = 0; !stop.load(); ++value) byte_at(*tracked.view, 0) = value;
  });
  for (int i = 0; i < 5000; ++i) tracked.collect();
  stop.store(true);
  writer.join();
  tracked.collect();
  CHECK(tracked.collect() == Pages{});
}
