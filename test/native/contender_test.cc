// The contenders of the benchmark: they run the same frames, and lose nothing.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "measure/contender.h"
#include "measure/cpu_work.h"
#include "measure/frame_batch.h"
#include "measure/idle_collect.h"
#include "memory/error.h"
#include "support/mechanisms.h"
#include "tracking/policy.h"

using mkwrite::BufferLayout;
using mkwrite::Contender;
using mkwrite::FrameBatch;
using mkwrite::FrameResult;
using mkwrite::kPageSize;
using mkwrite::make_contender;
using mkwrite::make_readback_contender;
using mkwrite::MechanismKind;
using mkwrite::PageRange;
using mkwrite::test::for_each_mechanism;

namespace {

constexpr BufferLayout kTwoBuffers{2, 8};
constexpr std::uint32_t kStamp = 100;

/// Three frames over 16 pages, of which the second writes nothing.
FrameBatch three_frames(std::size_t bytes_per_page) {
  const std::vector<std::uint32_t> pages{9, 3, 4, 2, 15, 0, 8, 7};
  const std::vector<std::uint32_t> ends{5, 5, 8};
  return {pages, ends, bytes_per_page, kStamp};
}

void check_frames(Contender& contender, std::size_t bytes_per_page, bool exact) {
  const FrameBatch frames = three_frames(bytes_per_page);
  contender.choose(frames[0]);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const FrameResult result = contender.run(frames[i]);
    CHECK(result.lost_pages == 0);
    const std::size_t written = frames[i].writes.pages.size();
    if (exact) {
      CHECK(result.reported_pages == written);
    } else {
      CHECK(result.reported_pages >= written);
    }
  }
}

}  // namespace

TEST_CASE("a batch knows the ranges of each frame, ascending and in one piece") {
  const FrameBatch frames = three_frames(64);
  REQUIRE(frames.size() == 3);
  CHECK(frames.page_limit() == 16);
  const auto runs = [&](std::size_t frame) {
    return std::vector<PageRange>(frames[frame].runs.begin(), frames[frame].runs.end());
  };
  CHECK(runs(0) == std::vector<PageRange>{{2, 3}, {9, 1}, {15, 1}});
  CHECK(runs(1).empty());
  CHECK(runs(2) == std::vector<PageRange>{{0, 1}, {7, 2}});
  CHECK(frames[2].writes.stamp == kStamp + 2);
  CHECK(frames[0].writes.pages.front() == 9);
}

TEST_CASE("a page that a frame writes twice is in one range") {
  const std::vector<std::uint32_t> pages{5, 6, 5};
  const std::vector<std::uint32_t> ends{3};
  const FrameBatch frames(pages, ends, 8, 1);
  REQUIRE(frames[0].runs.size() == 1);
  CHECK(frames[0].runs[0] == PageRange{5, 2});
}

TEST_CASE("a batch refuses ends that are out of order, and parts of a word") {
  const std::vector<std::uint32_t> pages{1, 2};
  const std::vector<std::uint32_t> falling{2, 1};
  const std::vector<std::uint32_t> beyond{3};
  const std::vector<std::uint32_t> fine{2};
  CHECK_THROWS_AS(FrameBatch(pages, falling, 8, 1), mkwrite::Error);
  CHECK_THROWS_AS(FrameBatch(pages, beyond, 8, 1), mkwrite::Error);
  CHECK_THROWS_AS(FrameBatch(pages, fine, 12, 1), mkwrite::Error);
  CHECK_THROWS_AS(FrameBatch(pages, fine, 2 * kPageSize, 1), mkwrite::Error);
}

TEST_CASE("contenders without tracking copy what they must") {
  const auto explicit_flush = make_contender("explicit", kTwoBuffers);
  check_frames(*explicit_flush, kPageSize, true);
  const auto upload = make_contender("upload", kTwoBuffers);
  const FrameBatch frames = three_frames(64);
  CHECK(upload->run(frames[1]).reported_pages == kTwoBuffers.pages());
}

TEST_CASE("bare loops and the library lose nothing, over several buffer objects") {
  for_each_mechanism([](MechanismKind kind) {
    const std::string name(mkwrite::mechanism_name(kind));
    const bool exact = kind != MechanismKind::kFull;
    for (const std::size_t bytes : {std::size_t{64}, kPageSize}) {
      check_frames(*make_contender(name, kTwoBuffers), bytes, exact);
      check_frames(*make_contender("bare-" + name, kTwoBuffers), bytes, exact);
    }
  });
}

TEST_CASE("policies lose nothing") {
  check_frames(*make_contender("auto", kTwoBuffers), kPageSize, false);
  check_frames(*make_contender("auto", {1, 16}), 64, false);
}

TEST_CASE("what the device writes is read, under each mechanism and by invalidation") {
  check_frames(*make_readback_contender("explicit", kTwoBuffers), kPageSize, true);
  check_frames(*make_readback_contender("auto", kTwoBuffers), kPageSize, true);
  for_each_mechanism([](MechanismKind kind) {
    const std::string name(mkwrite::mechanism_name(kind));
    check_frames(*make_readback_contender(name, kTwoBuffers), kPageSize, true);
  });
}

TEST_CASE("there is no contender of another name") {
  for (const char* name : {"guess", "bare-guess", "bare-", ""}) {
    CHECK_THROWS_AS(make_contender(name, kTwoBuffers), mkwrite::Error);
  }
}

TEST_CASE("work takes time") {
  mkwrite::CpuWork work(0.5);
  CHECK(work.run() > 0);
}

TEST_CASE("idle collects are counted, without those for warming up") {
  if (!mkwrite::test::available(MechanismKind::kUserfault)) return;
  std::size_t rounds = 0;
  mkwrite::measure_idle_collects("userfault", 64 * kPageSize, 5,
                                 [&](std::int64_t library_ns, std::int64_t bare_ns) {
                                   CHECK(library_ns >= 0);
                                   CHECK(bare_ns >= 0);
                                   ++rounds;
                                 });
  CHECK(rounds == 5);
}
