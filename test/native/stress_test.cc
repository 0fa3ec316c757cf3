// A short stress test under each mechanism and each policy, so that the sanitizers see it.
#include "stress/stress.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "memory/error.h"
#include "support/actor.h"
#include "support/mechanisms.h"
#include "support/watchdog.h"

using mkwrite::MechanismKind;
using mkwrite::stress::Stress;
using mkwrite::stress::StressCounts;
using mkwrite::stress::StressOptions;
using mkwrite::test::Actor;

namespace {

std::vector<std::string> available_policies() {
  std::vector<std::string> policies;
  for (const MechanismKind kind : mkwrite::test::available_mechanisms()) {
    policies.emplace_back(mkwrite::mechanism_name(kind));
  }
  for (const std::string policy : {"kernel", "auto"}) {
    try {
      mkwrite::make_policy(policy, 1);
      policies.push_back(policy);
    } catch (const mkwrite::Error&) {
      MESSAGE("SKIPPED on this machine: ", policy);
    }
  }
  return policies;
}

StressCounts run(const StressOptions& options) {
  Stress stress(options);
  stress.run();
  return stress.counts();
}

StressOptions brief(const std::string& policy, bool device_writes) {
  return {.policy = policy,
          .duration = std::chrono::milliseconds(300),
          .writers = 3,
          .views = 2,
          .pages = 64,
          .device_writes = device_writes,
          .seed = 1};
}

}  // namespace

TEST_CASE("nothing is lost where streams are opened ahead") {
  for (const std::string& policy : available_policies()) {
    if (policy != "auto" && policy != "write-fault") continue;
    CAPTURE(policy);
    StressOptions options = brief(policy, false);
    options.pages = 2048;
    const StressCounts counts = run(options);
    CHECK(counts.lost_updates == 0);
    CHECK(counts.streams > 0);
  }
}

TEST_CASE("writers, collects, submissions and device writes lose nothing") {
  for (const std::string& policy : available_policies()) {
    CAPTURE(policy);
    const StressCounts counts = run(brief(policy, true));
    CHECK(counts.lost_updates == 0);
    CHECK(counts.stale_reads == 0);
    CHECK(counts.cpu_writes > 0);
    CHECK(counts.device_writes > 0);
    CHECK(counts.collects > 0);
    CHECK(counts.comparisons > 0);
    CHECK(counts.evictions > 0);
  }
}

TEST_CASE("nothing is lost where reports are compared with twins") {
  for (const bool device_writes : {true, false}) {
    CAPTURE(device_writes);
    StressOptions options = brief("auto", device_writes);
    options.trims = true;
    // Until there is something to look at, however slow the machine is.
    options.duration = std::chrono::hours(1);
    Stress stress(options);
    Actor run([&] { stress.run(); });
    for (;;) {
      const StressCounts now = stress.counts();
      if (now.trimmed > 0 && now.comparisons > 2) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    stress.stop();
    run.join();
    CHECK(stress.counts().lost_updates == 0);
    CHECK(stress.counts().stale_reads == 0);
  }
}

TEST_CASE("writers and collects lose nothing without a device") {
  for (const std::string& policy : available_policies()) {
    CAPTURE(policy);
    const StressCounts counts = run(brief(policy, false));
    CHECK(counts.lost_updates == 0);
    CHECK(counts.stale_reads == 0);
    CHECK(counts.cpu_writes > 0);
    CHECK(counts.device_writes == 0);
    CHECK(counts.same_page_conflicts == 0);
    CHECK(counts.collects > 0);
  }
}

TEST_CASE("the smallest stress test is one writer on four pages") {
  StressOptions options = brief("write-fault", true);
  options.writers = 1;
  options.views = 1;
  options.pages = 4;
  const StressCounts counts = run(options);
  CHECK(counts.lost_updates == 0);
  CHECK(counts.stale_reads == 0);
}

TEST_CASE("a stress test that is stopped compares once and ends") {
  StressOptions options = brief("write-fault", true);
  options.duration = std::chrono::hours(1);
  Stress stress(options);
  stress.stop();
  stress.run();
  CHECK(stress.counts().comparisons == 1);
  CHECK(stress.counts().lost_updates == 0);
}
