// A forked child inherits neither views nor the means to disturb its parent's tracking.
#include <doctest/doctest.h>

#include "support/child.h"
#include "support/mechanisms.h"
#include "support/tracked_buffer.h"
#include "tracking/userfaultfd.h"

using mkwrite::MechanismKind;
using mkwrite::test::byte_at;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::run_in_child;
using mkwrite::test::TrackedBuffer;

TEST_CASE("a child that touches a view dies, and its parent's tracking goes on") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    byte_at(*tracked.view, 2) = 1;
    CHECK(run_in_child([&] {
            byte_at(*tracked.view, 3) = 1;
            return 0;
          }).died_of(SIGSEGV));
    CHECK(tracked.collect() == tracked.expected({2}));
    byte_at(*tracked.view, 3) = 1;
    CHECK(tracked.collect() == tracked.expected({3}));
  });
}

TEST_CASE("a child that only exits changes nothing") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    for (int round = 0; round < 10; ++round) {
      byte_at(*tracked.view, 2) = static_cast<std::uint8_t>(round + 1);
      CHECK(run_in_child([] { return 0; }).exited_with(0));
      CHECK(tracked.collect() == tracked.expected({2}));
    }
  });
}

TEST_CASE("a child's own tracking works and leaves its parent's dirt alone") {
  for_each_mechanism([](MechanismKind kind) {
    // Soft-dirty's list of views would lead the child to its parent's.
    if (kind == MechanismKind::kSoftDirty) return;
    TrackedBuffer tracked(8, kind);
    byte_at(*tracked.view, 2) = 1;
    CHECK(run_in_child([&] {
            TrackedBuffer own(8, kind);
            own.collect();
            byte_at(*own.view, 5) = 1;
            return own.collect() == own.expected({5}) ? 0 : 1;
          }).exited_with(0));
    CHECK(tracked.collect() == tracked.expected({2}));
    CHECK(tracked.collect() == tracked.expected({}));
  });
}

TEST_CASE("the alias is not there in a child either") {
  TrackedBuffer tracked(8, MechanismKind::kFull);
  CHECK(run_in_child([&] {
          *reinterpret_cast<volatile char*>(tracked.buffer->alias()) = 1;
          return 0;
        }).died_of(SIGSEGV));
}
