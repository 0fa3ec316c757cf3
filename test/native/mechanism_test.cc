// What every mechanism promises. One suite over all of them.
#include "tracking/mechanism.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstring>

#include "support/mechanisms.h"
#include "support/tracked_buffer.h"

using mkwrite::BufferObject;
using mkwrite::Error;
using mkwrite::ErrorCode;
using mkwrite::kPageSize;
using mkwrite::make_policy;
using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::Tracker;
using mkwrite::test::byte_at;
using mkwrite::test::for_each_exact_mechanism;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::Pages;
using mkwrite::test::pages_of;
using mkwrite::test::TrackedBuffer;
using mkwrite::test::word_at;

TEST_CASE("a write is reported for exactly its page, and once") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(64, kind);
    CHECK(tracked.collect() == tracked.expected({}));
    byte_at(*tracked.view, 17, 5) = 1;
    CHECK(tracked.collect() == tracked.expected({17}));
    CHECK(tracked.collect() == tracked.expected({}));
  });
}

TEST_CASE("the first and the last page are reported") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(65, kind);
    byte_at(*tracked.view, 0) = 1;
    byte_at(*tracked.view, 64, kPageSize - 1) = 1;
    CHECK(tracked.collect() == tracked.expected({0, 64}));
  });
}

TEST_CASE("reads do not make dirty, neither of absent nor of present pages") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(16, kind);
    byte_at(*tracked.view, 3) = 1;
    tracked.collect();
    for (PageIndex page = 0; page < 16; ++page) CHECK(byte_at(*tracked.view, page) == (page == 3));
    CHECK(tracked.collect() == tracked.expected({}));
  });
}

TEST_CASE("a page that was read first is reported when it is written") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(16, kind);
    CHECK(byte_at(*tracked.view, 4) == 0);
    byte_at(*tracked.view, 4) = 1;
    CHECK(tracked.collect() == tracked.expected({4}));
  });
}

TEST_CASE("what was written before tracking began is reported") {
  for_each_mechanism([](MechanismKind kind) {
    const auto buffer = BufferObject::create(32 * kPageSize);
    const auto view = buffer->create_view();
    byte_at(*view, 2) = 1;
    buffer->alias()[30 * kPageSize] = std::byte{1};
    Tracker& tracker = Tracker::begin(*buffer, make_policy(mkwrite::mechanism_name(kind), 32));
    const Pages all = pages_of(buffer->all_pages());
    CHECK(mkwrite::test::collect(tracker, buffer->all_pages()) ==
          (kind == MechanismKind::kFull ? all : Pages{2, 30}));
    buffer->detach();
  });
}

TEST_CASE("a collected page is reported again when it is written again, a thousand times") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    int right = 0;
    for (int round = 0; round < 1000; ++round) {
      const auto page = static_cast<PageIndex>(round) % 8;
      byte_at(*tracked.view, page) = static_cast<std::uint8_t>(round / 8 + 1);
      if (tracked.collect() == tracked.expected({page})) ++right;
    }
    CHECK(right == 1000);
  });
}

TEST_CASE("a store across a page border is reported for both pages") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    const std::uint64_t value = 0x0102030405060708;
    auto* const across = tracked.view->data() + 4 * kPageSize - 4;
    // One unaligned 8-byte store, as the compiler makes of it.
    std::memcpy(across, &value, sizeof value);
    CHECK(tracked.collect() == tracked.expected({3, 4}));
    CHECK(std::memcmp(tracked.buffer->alias() + 4 * kPageSize - 4, &value, sizeof value) == 0);
  });
}

TEST_CASE("a compare-and-exchange is reported when it succeeds, and may be when it fails") {
  for_each_exact_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    std::atomic_ref<std::uint64_t> word(
        *reinterpret_cast<std::uint64_t*>(tracked.view->data() + 5 * kPageSize));
    std::uint64_t expected = 7;
    CHECK_FALSE(word.compare_exchange_strong(expected, 8));
    const Pages after_failure = tracked.collect();
    CHECK((after_failure == Pages{} || after_failure == Pages{5}));
    expected = 0;
    CHECK(word.compare_exchange_strong(expected, 8));
    CHECK(tracked.collect() == Pages{5});
  });
}

TEST_CASE("filling and copying over the whole buffer is reported for every page") {
  for_each_mechanism([](MechanismKind kind) {
    constexpr std::size_t kPages = 300;
    TrackedBuffer tracked(kPages, kind);
    std::memset(tracked.view->data(), 1, tracked.view->size());
    CHECK(tracked.collect() == pages_of(tracked.buffer->all_pages()));
    const std::vector<std::byte> source(tracked.view->size(), std::byte{2});
    std::memcpy(tracked.view->data(), source.data(), source.size());
    CHECK(tracked.collect() == pages_of(tracked.buffer->all_pages()));
    CHECK(std::memcmp(tracked.buffer->alias(), source.data(), source.size()) == 0);
  });
}

TEST_CASE("collecting a range leaves the rest for later") {
  for_each_exact_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(64, kind);
    for (const PageIndex page : {9UL, 10UL, 19UL, 20UL}) byte_at(*tracked.view, page) = 1;
    CHECK(tracked.collect({10, 10}) == Pages{10, 19});
    CHECK(tracked.collect({10, 10}) == Pages{});
    CHECK(tracked.collect({0, 0}) == Pages{});
    CHECK(tracked.collect() == Pages{9, 20});
  });
}

TEST_CASE("full reports the range asked for") {
  TrackedBuffer tracked(64, MechanismKind::kFull);
  CHECK(tracked.collect({10, 3}) == Pages{10, 11, 12});
}

TEST_CASE("pages marked dirty are reported with the others") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(64, kind);
    byte_at(*tracked.view, 4) = 1;
    tracked.tracker.mark_dirty({5, 2});
    CHECK(tracked.collect() == tracked.expected({4, 5, 6}));
    CHECK(tracked.collect() == tracked.expected({}));
  });
}

TEST_CASE("a collect whose visitor throws has taken nothing") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(64, kind);
    byte_at(*tracked.view, 4) = 1;
    CHECK_THROWS_AS(tracked.tracker.collect(tracked.buffer->all_pages(),
                                            [](mkwrite::PageRange) { throw std::bad_alloc(); }),
                    std::bad_alloc);
    CHECK(tracked.collect() == tracked.expected({4}));
  });
}

TEST_CASE("writes through the alias are neither noticed nor refused") {
  for_each_exact_mechanism([](MechanismKind kind) {
    if (kind == MechanismKind::kCompare) return;  // compares what the alias shows
    TrackedBuffer tracked(8, kind);
    byte_at(*tracked.view, 1) = 1;
    tracked.collect();
    tracked.buffer->alias()[1 * kPageSize] = std::byte{9};
    tracked.buffer->alias()[2 * kPageSize] = std::byte{9};
    CHECK(tracked.collect() == Pages{});
    CHECK(byte_at(*tracked.view, 1) == 9);
  });
}

TEST_CASE("every second page of a few thousand is reported exactly") {
  for_each_exact_mechanism([](MechanismKind kind) {
    constexpr std::size_t kPages = 4096;
    TrackedBuffer tracked(kPages, kind);
    Pages written;
    for (PageIndex page = 0; page < kPages; page += 2) {
      byte_at(*tracked.view, page) = 1;
      written.push_back(page);
    }
    CHECK(tracked.collect() == written);
    CHECK(tracked.collect() == Pages{});
  });
}

TEST_CASE("a sparse buffer object of 8 GiB reports its few dirty pages") {
  for_each_exact_mechanism([](MechanismKind kind) {
    constexpr std::size_t kPages = 2UL << 20;
    TrackedBuffer tracked(kPages, kind);
    CHECK(tracked.collect() == Pages{});
    for (const PageIndex page : {0UL, 1'000'000UL, kPages - 1}) byte_at(*tracked.view, page) = 1;
    CHECK(tracked.collect() == Pages{0, 1'000'000, kPages - 1});
    CHECK(tracked.collect() == Pages{});
  });
}

TEST_CASE("the mechanism in force says its name") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    CHECK(tracked.tracker.mechanism() == kind);
  });
}

TEST_CASE("a second tracker is refused") {
  TrackedBuffer tracked(8, MechanismKind::kFull);
  try {
    Tracker::begin(*tracked.buffer, make_policy("full", 8));
    FAIL("it was accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kAlreadyTracked);
  }
}

TEST_CASE("tracking can end and begin again") {
  for_each_mechanism([](MechanismKind kind) {
    const auto buffer = BufferObject::create(16 * kPageSize);
    const auto view = buffer->create_view();
    for (int round = 0; round < 20; ++round) {
      Tracker& tracker = Tracker::begin(*buffer, make_policy(mkwrite::mechanism_name(kind), 16));
      mkwrite::test::collect(tracker, buffer->all_pages());
      byte_at(*view, 3) = static_cast<std::uint8_t>(round + 1);
      const Pages found = mkwrite::test::collect(tracker, buffer->all_pages());
      CHECK(found == (kind == MechanismKind::kFull ? pages_of(buffer->all_pages()) : Pages{3}));
      buffer->detach();
      byte_at(*view, 4) = static_cast<std::uint8_t>(round);
    }
  });
}
