// A short stress test under each mechanism and each policy, so that the sanitizers see it.
#include "stress/stress.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
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

using Counter = std::uint64_t StressCounts::*;

constexpr auto kLeast = std::chrono::milliseconds(300);

/// For a while, and until each of these has happened and all memory was compared after it, however
/// slow the machine is.
StressCounts run_until(StressOptions options, std::initializer_list<Counter> wanted) {
  options.duration = std::chrono::hours(1);
  Stress stress(options);
  Actor run([&] { stress.run(); });
  const auto least_end = std::chrono::steady_clock::now() + kLeast;
  std::optional<std::uint64_t> comparisons_before;
  for (;;) {
    const StressCounts now = stress.counts();
    if (std::ranges::all_of(wanted, [&](Counter counter) { return now.*counter > 0; })) {
      if (!comparisons_before) comparisons_before = now.comparisons;
      const bool compared = now.comparisons > *comparisons_before;
      if (compared && std::chrono::steady_clock::now() >= least_end) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  stress.stop();
  run.join();
  return stress.counts();
}

StressOptions brief(const std::string& policy, bool device_writes) {
  return {.policy = policy,
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
    CHECK(run_until(options, {&StressCounts::streams}).lost_updates == 0);
  }
}

TEST_CASE("writers, collects, submissions and device writes lose nothing") {
  for (const std::string& policy : available_policies()) {
    CAPTURE(policy);
    const StressCounts counts =
        run_until(brief(policy, true), {&StressCounts::cpu_writes, &StressCounts::device_writes,
                                        &StressCounts::collects, &StressCounts::evictions});
    CHECK(counts.lost_updates == 0);
    CHECK(counts.stale_reads == 0);
  }
}

TEST_CASE("nothing is lost where reports are compared with twins") {
  for (const bool device_writes : {true, false}) {
    CAPTURE(device_writes);
    StressOptions options = brief("auto", device_writes);
    options.trims = true;
    const StressCounts counts = run_until(options, {&StressCounts::trimmed});
    CHECK(counts.lost_updates == 0);
    CHECK(counts.stale_reads == 0);
  }
}

TEST_CASE("writers and collects lose nothing without a device") {
  for (const std::string& policy : available_policies()) {
    CAPTURE(policy);
    const StressCounts counts =
        run_until(brief(policy, false), {&StressCounts::cpu_writes, &StressCounts::collects});
    CHECK(counts.lost_updates == 0);
    CHECK(counts.stale_reads == 0);
    CHECK(counts.device_writes == 0);
    CHECK(counts.same_page_conflicts == 0);
  }
}

TEST_CASE("the smallest stress test is one writer on four pages") {
  StressOptions options = brief("write-fault", true);
  options.writers = 1;
  options.views = 1;
  options.pages = 4;
  const StressCounts counts = run_until(options, {&StressCounts::cpu_writes});
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
