// Changing the mechanism while threads write.
#include <doctest/doctest.h>

#include "support/device_copy.h"
#include "support/restless_policy.h"
#include "support/writers.h"

using mkwrite::MechanismKind;
using mkwrite::test::DeviceCopy;
using mkwrite::test::Load;
using mkwrite::test::RestlessPolicy;
using mkwrite::test::TrackedBuffer;
using mkwrite::test::Writers;

TEST_CASE("nothing is lost when the mechanism changes at every collect") {
  constexpr Load kLoad{
      .pages = 64, .writers = 3, .views = 2, .rounds = 200, .writes_per_round = 60};
  TrackedBuffer tracked(kLoad.pages, std::make_unique<RestlessPolicy>());
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
