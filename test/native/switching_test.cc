// Changing the mechanism while threads write.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "memory/error.h"
#include "support/actor.h"
#include "support/coherent_fixture.h"
#include "support/device_copy.h"
#include "support/eager_trimming.h"
#include "support/restless_policy.h"
#include "support/seam_hold.h"
#include "support/writers.h"
#include "tracking/userfault.h"

using mkwrite::Mechanism;
using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::PageRange;
using mkwrite::Policy;
using mkwrite::Userfault;
using mkwrite::test::Actor;
using mkwrite::test::byte_at;
using mkwrite::test::CoherentFixture;
using mkwrite::test::DeviceCopy;
using mkwrite::test::EagerTrimming;
using mkwrite::test::Load;
using mkwrite::test::Pages;
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

/// What another policy does, until it is told to change the mechanism.
class OnDemand final : public Policy {
 public:
  explicit OnDemand(std::unique_ptr<Policy> policy) : policy_(std::move(policy)) {}
  MechanismKind initial() const noexcept override { return policy_->initial(); }
  std::unique_ptr<Mechanism> make(MechanismKind kind) const override {
    return wrap(policy_->make(kind));
  }
  const mkwrite::Costs* costs() const noexcept override { return policy_->costs(); }
  Decision observe(std::size_t pages_found) noexcept override {
    return demand_ ? Decision{*demand_} : policy_->observe(pages_found);
  }
  void demand(MechanismKind kind) noexcept { demand_ = kind; }
  /// What becomes of mechanisms that it makes.
  std::function<std::unique_ptr<Mechanism>(std::unique_ptr<Mechanism>)> wrap =
      [](std::unique_ptr<Mechanism> mechanism) { return mechanism; };

 private:
  std::unique_ptr<Policy> policy_;
  std::optional<MechanismKind> demand_;
};

/// Userfault, for one view and no second.
class ForOneView final : public Userfault {
 public:
  ForOneView() : Userfault(mkwrite::Foresight::kOn) {}
  void arm(mkwrite::TrackerState& state, mkwrite::TrackedView& view) override {
    if (std::exchange(armed_, true)) {
      throw mkwrite::Error(mkwrite::ErrorCode::kSystem, "a second view");
    }
    Userfault::arm(state, view);
  }

 private:
  bool armed_ = false;
};

}  // namespace

TEST_CASE(
    "what was written to a lane is not lost when the mechanism changes before it is collected") {
  if (!mkwrite::test::available(MechanismKind::kUserfault)) return;
  constexpr std::size_t kPages = 8192;
  constexpr std::size_t kWindow = 400;
  auto policy = std::make_unique<OnDemand>(mkwrite::make_policy("auto", kPages));
  OnDemand& on_demand = *policy;
  TrackedBuffer tracked(kPages, std::move(policy));
  PageIndex next = 100;
  const auto write = [&] {
    for (std::size_t i = 0; i < kWindow; ++i) byte_at(*tracked.view, next++) = 1;
  };
  for (int frame = 0; frame < 8; ++frame) {
    write();
    tracked.collect();
  }
  const auto rows = tracked.tracker.explain();
  REQUIRE(std::ranges::any_of(rows, [](const auto& row) { return row.decision.lane_pages > 0; }));
  const PageRange window{next, kWindow};
  write();
  on_demand.demand(MechanismKind::kWriteFault);
  CHECK(tracked.collect({0, 8}) == Pages{});
  REQUIRE(tracked.tracker.mechanism() == MechanismKind::kWriteFault);
  const Pages found = tracked.collect();
  CHECK(std::ranges::includes(found, mkwrite::test::pages_of(window)));
}

TEST_CASE("a change that is refused for one view loses nothing of the others") {
  if (!mkwrite::test::available(MechanismKind::kUserfault)) return;
  auto policy = std::make_unique<OnDemand>(mkwrite::make_policy("write-fault", 64));
  OnDemand& on_demand = *policy;
  on_demand.wrap = [](std::unique_ptr<Mechanism> mechanism) -> std::unique_ptr<Mechanism> {
    if (mechanism->kind() != MechanismKind::kUserfault) return mechanism;
    return std::make_unique<ForOneView>();
  };
  TrackedBuffer tracked(64, std::move(policy));
  const auto second = tracked.buffer->create_view();
  byte_at(*tracked.view, 20) = 1;
  byte_at(*second, 40) = 1;
  on_demand.demand(MechanismKind::kUserfault);
  for (std::uint8_t value = 2; value < 5; ++value) {
    tracked.collect({0, 8});
    CHECK(tracked.tracker.mechanism() == MechanismKind::kWriteFault);
    byte_at(*tracked.view, 20) = value;
    byte_at(*second, 40) = value;
    CHECK(tracked.collect() == Pages{20, 40});
  }
  CHECK(tracked.tracker.stats().failed_switches == 6);
}

TEST_CASE("the mechanism does not change while system calls may access pages") {
  auto policy = std::make_unique<OnDemand>(mkwrite::make_policy("write-fault", 64));
  policy->demand(MechanismKind::kFull);
  TrackedBuffer tracked(64, std::move(policy));
  tracked.buffer->begin_access({8, 4}, true);
  for (int i = 0; i < 3; ++i) tracked.collect();
  CHECK(tracked.tracker.mechanism() == MechanismKind::kWriteFault);
  tracked.buffer->end_access({8, 4}, true);
  tracked.collect();
  CHECK(tracked.tracker.mechanism() == MechanismKind::kFull);
}

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
