// Timing single faults: that every armed page faults, once, and that the time is taken on the way.
#include <doctest/doctest.h>
#include <stdlib.h>
#include <time.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "faults/seam.h"
#include "faults/slow_faults.h"
#include "measure/armed_memory.h"
#include "measure/latency_clock.h"
#include "measure/mapping_crowd.h"
#include "measure/page_writer.h"
#include "memory/error.h"
#include "support/mechanisms.h"
#include "support/tracked_buffer.h"

using mkwrite::AccessTimes;
using mkwrite::ArmedMemory;
using mkwrite::ArmedMemoryOptions;
using mkwrite::kPageSize;
using mkwrite::latency_clock;
using mkwrite::LatencySource;
using mkwrite::MechanismKind;
using mkwrite::MemoryKind;

namespace {

constexpr std::size_t kPages = 64;

ArmedMemoryOptions options_for(MechanismKind mechanism) {
  ArmedMemoryOptions options;
  options.mechanism = mechanism;
  options.size = kPages * kPageSize;
  return options;
}

std::vector<std::uint32_t> all_pages() {
  std::vector<std::uint32_t> pages(kPages);
  std::iota(pages.begin(), pages.end(), 0U);
  return pages;
}

std::vector<AccessTimes> time_all(ArmedMemory& memory, bool write = true, unsigned threads = 1) {
  std::vector<AccessTimes> times(kPages);
  memory.time(all_pages(), write, threads, times);
  return times;
}

/// Accesses on whose way a handler took the time.
std::size_t count_handled(const std::vector<AccessTimes>& times) {
  return static_cast<std::size_t>(
      std::ranges::count_if(times, [](const AccessTimes& it) { return !std::isnan(it.delivery); }));
}

template <typename Test>
void for_each_faulting_mechanism(Test&& test) {
  mkwrite::test::for_each_exact_mechanism([&](MechanismKind kind) {
    if (kind != MechanismKind::kCompare) test(kind);
  });
}

std::size_t count_mappings() {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  std::size_t count = 0;
  while (std::getline(maps, line)) ++count;
  return count;
}

}  // namespace

TEST_CASE("the latency clock counts the nanoseconds that pass") {
  const auto& clock = latency_clock();
  CHECK(clock.ns_per_tick > 0);
  CHECK(clock.overhead_ns > 0);
  CHECK(clock.resolution_ns > 0);
  CHECK(clock.refusal.empty() == (clock.source == LatencySource::kCounter));
  const std::uint64_t begin = mkwrite::read_latency_clock();
  constexpr timespec kNap{0, 20'000'000};
  REQUIRE(nanosleep(&kNap, nullptr) == 0);
  const auto ticks = static_cast<double>(mkwrite::read_latency_clock() - begin);
  CHECK(ticks * clock.ns_per_tick >= 20e6 * 0.99);
}

TEST_CASE("the latency clock agrees with CLOCK_MONOTONIC") {
  const auto monotonic = [] {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
  };
  latency_clock();
  const std::uint64_t begin = mkwrite::read_latency_clock();
  const double begin_ns = monotonic();
  constexpr timespec kNap{0, 50'000'000};
  REQUIRE(nanosleep(&kNap, nullptr) == 0);
  const double end_ns = monotonic();
  const auto ticks = static_cast<double>(mkwrite::read_latency_clock() - begin);
  // Whatever comes between the two readings makes the outer one longer, never shorter.
  CHECK(ticks * latency_clock().ns_per_tick >= (end_ns - begin_ns) * 0.99);
}

TEST_CASE("under write-fault each page of armed memory faults once, until it is armed again") {
  const auto memory = make_armed_memory(options_for(MechanismKind::kWriteFault));
  for (int round = 0; round < 3; ++round) {
    memory->arm();
    CHECK(count_handled(time_all(*memory)) == kPages);
    CHECK(count_handled(time_all(*memory)) == 0);
  }
}

TEST_CASE("under write-fault the parts of a fault add up to the whole") {
  const auto memory = make_armed_memory(options_for(MechanismKind::kWriteFault));
  memory->arm();
  for (const AccessTimes& it : time_all(*memory)) {
    CHECK(it.total == doctest::Approx(it.delivery + it.handler + it.unprotect + it.resume));
    CHECK(it.delivery > 0);
    CHECK(it.unprotect > 0);
  }
}

TEST_CASE("one fault opens as many pages as it was told to") {
  ArmedMemoryOptions options = options_for(MechanismKind::kWriteFault);
  options.open_pages = 16;
  const auto memory = make_armed_memory(options);
  memory->arm();
  CHECK(count_handled(time_all(*memory)) == kPages / 16);
}

TEST_CASE("reading faults only where the memory is armed against reads") {
  for (const bool against_reads : {false, true}) {
    ArmedMemoryOptions options = options_for(MechanismKind::kWriteFault);
    options.against_reads = against_reads;
    const auto memory = make_armed_memory(options);
    memory->arm();
    CHECK(count_handled(time_all(*memory, false)) == (against_reads ? kPages : 0));
  }
}

TEST_CASE("every fault of several threads is resolved") {
  const auto memory = make_armed_memory(options_for(MechanismKind::kWriteFault));
  for (int round = 0; round < 20; ++round) {
    memory->arm();
    CHECK(count_handled(time_all(*memory, true, 5)) == kPages);  // not a divisor of the pages
  }
}

TEST_CASE("every page of armed memory faults under each mechanism") {
  for_each_faulting_mechanism([](MechanismKind kind) {
    const auto memory = make_armed_memory(options_for(kind));
    memory->arm();
    time_all(*memory);
    for (int round = 0; round < 3; ++round) {
      memory->arm();
      const std::uint64_t before = mkwrite::minor_faults();
      const std::size_t handled = count_handled(time_all(*memory));
      // Those that the kernel resolves count; those that end as signals do so too, on their way.
      CHECK(mkwrite::minor_faults() - before + handled >= kPages);
      const std::uint64_t between = mkwrite::minor_faults();
      CHECK(count_handled(time_all(*memory)) == 0);
      CHECK(mkwrite::minor_faults() - between < kPages);
    }
  });
}

TEST_CASE("memory of another kind is armed alike, or refused with a reason") {
  for (const MemoryKind kind : {MemoryKind::kSharedHuge, MemoryKind::kAnonymous,
                                MemoryKind::kAnonymousHuge, MemoryKind::kReservedHuge}) {
    ArmedMemoryOptions options = options_for(MechanismKind::kWriteFault);
    options.memory = kind;
    try {
      const auto memory = make_armed_memory(options);
      for (int round = 0; round < 2; ++round) {
        memory->arm();
        std::vector<AccessTimes> times(1);
        const std::vector<std::uint32_t> last{static_cast<std::uint32_t>(memory->pages() - 1)};
        memory->time(last, true, 1, times);
        CHECK(count_handled(times) == 1);
      }
    } catch (const mkwrite::Error& error) {
      CHECK(error.code() == mkwrite::ErrorCode::kUnsupported);
      CHECK(std::string(error.what()).size() > 20);
    }
  }
}

TEST_CASE("a crowd of mappings adds as many to the process, and takes them along") {
  const std::size_t before = count_mappings();
  {
    const mkwrite::MappingCrowd crowd(500);
    CHECK(count_mappings() >= before + 499);  // one may join a neighbour
  }
  // The runtimes of sanitizers and the allocator may have mapped a few of their own.
  CHECK(count_mappings() < before + 50);
}

TEST_CASE("a crowd that would take all mappings is refused") {
  CHECK_THROWS_AS(mkwrite::MappingCrowd(10'000'000), mkwrite::Error);
}

TEST_CASE("faults can be slowed down on purpose") {
  mkwrite::test::TrackedBuffer tracked(kPages, MechanismKind::kWriteFault);
  REQUIRE(setenv("MKWRITE_SLOW_FAULT_NS", "3000000", 1) == 0);
  mkwrite::slow_faults_from_environment();
  latency_clock();
  const std::uint64_t begin = mkwrite::read_latency_clock();
  mkwrite::test::byte_at(*tracked.view, 7) = 1;
  const auto ticks = static_cast<double>(mkwrite::read_latency_clock() - begin);
  mkwrite::seam_callback.store(nullptr);
  CHECK(ticks * latency_clock().ns_per_tick >= 3e6 * 0.99);
  CHECK(tracked.collect() == mkwrite::test::Pages{7});
}
