// Changing the mechanism while threads write.
#include <doctest/doctest.h>

#include "support/actor.h"
#include "support/coherent_fixture.h"
#include "support/device_copy.h"
#include "support/eager_trimming.h"
#include "support/restless_policy.h"
#include "support/seam_hold.h"
#include "support/writers.h"

using mkwrite::MechanismKind;
using mkwrite::Policy;
using mkwrite::test::Actor;
using mkwrite::test::byte_at;
using mkwrite::test::CoherentFixture;
using mkwrite::test::DeviceCopy;
using mkwrite::test::EagerTrimming;
using mkwrite::test::Load;
using mkwrite::test::RestlessPolicy;
using mkwrite::test::SeamHold;
using mkwrite::test::TestDevice;
using mkwrite::test::TrackedBuffer;
using mkwrite::test::Writers;

namespace {

void check_nothing_lost(std::unique_ptr<Policy> policy) {
  constexpr Load kLoad{
      .pages = 64, .writers = 3, .views = 2, .rounds = 200, .writes_per_round = 60};
  TrackedBuffer tracked(kLoad.pages, std::move(policy));
  DeviceCopy device(tracked.tracker);
  Writers writers(kLoad, {tracked.view, tracked.buffer->create_view()});
  int lost = 0;
  for (int round = 0; round < kLoad.rounds; ++round) {
    writers.begin_round();
    do {
      device.update();
    } while (writers.writing());
    device.update();
    if (!device.matches()) ++lost;
  }
  CHECK(lost == 0);
  CHECK(tracked.tracker.stats().switches == tracked.tracker.stats().collects);
  CHECK(tracked.tracker.stats().failed_switches == 0);
}

/// Compares at first, and from the second collect on tracks by write faults.
class ComparesOnce final : public Policy {
 public:
  MechanismKind initial() const noexcept override { return MechanismKind::kCompare; }
  Decision observe(std::size_t /*pages_found*/) noexcept override {
    return {++collects_ < 2 ? MechanismKind::kCompare : MechanismKind::kWriteFault};
  }

 private:
  int collects_ = 0;
};

}  // namespace

TEST_CASE("nothing is lost when the mechanism changes at every collect") {
  check_nothing_lost(std::make_unique<RestlessPolicy>());
}

TEST_CASE("nothing is lost when the mechanism changes at every collect and reports are trimmed") {
  check_nothing_lost(std::make_unique<EagerTrimming>(std::make_unique<RestlessPolicy>(), SIZE_MAX));
}

TEST_CASE("a view that goes leaves the twin to the update that reads it") {
  const TestDevice device;
  const CoherentFixture fixture(device, 64, std::make_unique<ComparesOnce>());
  auto other = fixture.buffer->create_view();
  const auto whole = fixture.whole();
  const auto target = mkwrite::allocate_resource(*device, fixture.buffer->size());
  device.wait(device.copy(whole, target));
  byte_at(*fixture.view, 3) = 5;
  SeamHold hold(mkwrite::Seam::kSubmitAfterOwn);
  Actor submitter([&] { device.wait(device.copy(whole, target)); });
  hold.wait_reached();
  CHECK(fixture.coherent.tracker()->mechanism() == MechanismKind::kWriteFault);
  other.reset();
  hold.release();
  submitter.join();
  CHECK(device.peek(*target, 3 * mkwrite::kPageSize) == 5);
}

TEST_CASE("what was written before a change and not collected is reported after it") {
  TrackedBuffer tracked(64, std::make_unique<RestlessPolicy>());
  const std::size_t changes = RestlessPolicy().changes();
  // A collect that nothing follows shifts the order, so that each change comes after a write.
  for (std::size_t round = 0; round < 2 * changes; ++round) {
    if (round == changes) tracked.collect();
    mkwrite::test::byte_at(*tracked.view, 40) = static_cast<std::uint8_t>(round + 1);
    tracked.collect({0, 8});  // changes the mechanism
    const auto found = tracked.collect();
    CAPTURE(round);
    CHECK(std::ranges::find(found, 40U) != found.end());
  }
}
