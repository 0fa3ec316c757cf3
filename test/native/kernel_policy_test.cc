// vmwgfx's rule, as a table: what collects find, and what the policy makes of it.
#include "tracking/kernel_policy.h"

#include <doctest/doctest.h>

#include <vector>

#include "support/mechanisms.h"
#include "support/racing_round.h"

using mkwrite::KernelPolicy;
using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::test::byte_at;
using mkwrite::test::DeviceCopy;
using mkwrite::test::Load;
using mkwrite::test::Pages;
using mkwrite::test::pages_of;
using mkwrite::test::TrackedBuffer;
using mkwrite::test::Writers;

namespace {

constexpr MechanismKind kScan = MechanismKind::kUserfault;
constexpr MechanismKind kFault = MechanismKind::kWriteFault;

/// What `policy` chooses after each of these collects.
std::vector<MechanismKind> choices(KernelPolicy& policy, const std::vector<std::size_t>& found) {
  std::vector<MechanismKind> chosen;
  for (const std::size_t pages : found) chosen.push_back(policy.observe(pages).mechanism);
  return chosen;
}

using Choices = std::vector<MechanismKind>;

bool can_scan() {
  return mkwrite::test::available(MechanismKind::kUserfault) ||
         mkwrite::test::available(MechanismKind::kSoftDirty);
}

}  // namespace

TEST_CASE("under 512 pages it starts scanning, from 512 on faulting") {
  CHECK(KernelPolicy(1, kScan).initial() == kScan);
  CHECK(KernelPolicy(511, kScan).initial() == kScan);
  CHECK(KernelPolicy(512, kScan).initial() == kFault);
  CHECK(KernelPolicy(100'000, MechanismKind::kSoftDirty).initial() == kFault);
}

TEST_CASE("scanning changes to faulting at the third empty scan in a row") {
  KernelPolicy policy(100, kScan);
  CHECK(choices(policy, {0, 0, 0}) == Choices{kScan, kScan, kFault});
}

TEST_CASE("scanning: one dirty page begins the count of empty scans anew") {
  KernelPolicy policy(100, kScan);
  CHECK(choices(policy, {0, 0, 1, 0, 0, 0}) == Choices{kScan, kScan, kScan, kScan, kScan, kFault});
}

TEST_CASE("faulting changes to scanning at the third busy collect in a row") {
  KernelPolicy policy(1000, kScan);
  CHECK(choices(policy, {110, 500, 1000}) == Choices{kFault, kFault, kScan});
}

TEST_CASE("faulting: more than 10 percent is meant in whole percents") {
  KernelPolicy policy(1000, kScan);
  // 109 of 1000 are 10 whole percent, and 10 is not more than 10.
  CHECK(choices(policy, {109, 109, 109, 109}) == Choices{kFault, kFault, kFault, kFault});
  CHECK(choices(policy, {110, 110, 110}) == Choices{kFault, kFault, kScan});
}

TEST_CASE("faulting: a quiet collect begins the count anew, an empty one does not") {
  KernelPolicy policy(1000, kScan);
  CHECK(choices(policy, {500, 500, 1, 500, 500}) ==
        Choices{kFault, kFault, kFault, kFault, kFault});
  CHECK(choices(policy, {0, 0, 500}) == Choices{kFault, kFault, kScan});
}

TEST_CASE("faulting: empty collects change nothing, however many") {
  KernelPolicy policy(1000, kScan);
  for (int i = 0; i < 100; ++i) CHECK(policy.observe(0).mechanism == kFault);
}

TEST_CASE("only the change to scanning asks for the hull") {
  KernelPolicy policy(512, kScan);
  CHECK_FALSE(policy.observe(512).report_hull);
  CHECK_FALSE(policy.observe(512).report_hull);
  CHECK(policy.observe(512).report_hull);
  CHECK_FALSE(policy.observe(0).report_hull);
  CHECK_FALSE(policy.observe(0).report_hull);
  CHECK_FALSE(policy.observe(0).report_hull);
}

TEST_CASE("each change begins a new count") {
  KernelPolicy policy(100, kScan);
  CHECK(choices(policy, {0, 0, 0, 50, 50, 50, 0, 0, 0}) ==
        Choices{kScan, kScan, kFault, kFault, kFault, kScan, kScan, kScan, kFault});
}

TEST_CASE("a tracker under the policy reports the hull on the way to scanning, and only there") {
  if (!can_scan()) return;
  constexpr std::size_t kPages = 512;
  TrackedBuffer tracked(kPages, "kernel");
  CHECK(tracked.tracker.mechanism() == kFault);
  const auto dirty = [&] {
    Pages written;
    for (PageIndex page = 10; page < 250; page += 2) {
      byte_at(*tracked.view, page) = 1;
      written.push_back(page);
    }
    return written;
  };
  const Pages written = dirty();
  CHECK(tracked.collect() == written);
  dirty();
  CHECK(tracked.collect() == written);
  dirty();
  CHECK(tracked.collect() == pages_of({10, 239}));
  CHECK(tracked.tracker.mechanism() != kFault);
  dirty();
  CHECK(tracked.collect() == written);
  CHECK(tracked.tracker.stats().switches == 1);
}

TEST_CASE("a tracker under the policy goes back to faulting when nothing is written") {
  if (!can_scan()) return;
  TrackedBuffer tracked(16, "kernel");
  CHECK(tracked.tracker.mechanism() != kFault);
  for (int i = 0; i < 3; ++i) CHECK(tracked.collect() == Pages{});
  CHECK(tracked.tracker.mechanism() == kFault);
  byte_at(*tracked.view, 7) = 1;
  CHECK(tracked.collect() == Pages{7});
}

TEST_CASE("nothing is lost across changes of mechanism while threads write") {
  if (!can_scan()) return;
  constexpr Load kLoad{
      .pages = 64, .writers = 2, .views = 2, .rounds = 300, .writes_per_round = 60};
  TrackedBuffer tracked(kLoad.pages, "kernel");
  DeviceCopy device(tracked.tracker);
  Writers writers(kLoad, {tracked.view, tracked.buffer->create_view()});
  int lost = 0;
  for (int round = 0; round < kLoad.rounds; ++round) {
    if (!arrives_whole(writers, device)) ++lost;
    // Empty scans, which bring the tracker back to faulting.
    for (int i = 0; i < 3; ++i) device.update();
  }
  CHECK(lost == 0);
  CHECK(tracked.tracker.stats().switches > 0);
  CHECK(tracked.tracker.stats().failed_switches == 0);
}
