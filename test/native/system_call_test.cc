// System calls that read into tracked memory: refused under write-fault, noticed under the others.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "memory/scoped_fd.h"
#include "support/mechanisms.h"
#include "support/tracked_buffer.h"

using mkwrite::kPageSize;
using mkwrite::MechanismKind;
using mkwrite::ScopedFd;
using mkwrite::test::byte_at;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::TrackedBuffer;

namespace {

/// A pipe with `bytes` bytes of that value in it.
ScopedFd pipe_with(std::size_t bytes, char value = 7) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const ScopedFd writer(ends[1]);
  const std::vector<char> data(bytes, value);
  REQUIRE(write(writer.get(), data.data(), bytes) == static_cast<ssize_t>(bytes));
  return ScopedFd(ends[0]);
}

}  // namespace

TEST_CASE("read(2) into a tracked page fails with EFAULT under write-fault") {
  TrackedBuffer tracked(8, MechanismKind::kWriteFault);
  const ScopedFd source = pipe_with(10);
  CHECK(read(source.get(), tracked.view->data() + 3 * kPageSize, 10) == -1);
  CHECK(errno == EFAULT);
  CHECK(tracked.collect().empty());
}

TEST_CASE("read(2) into a page that was touched first works under write-fault") {
  TrackedBuffer tracked(8, MechanismKind::kWriteFault);
  byte_at(*tracked.view, 3) = 1;
  const ScopedFd source = pipe_with(10);
  CHECK(read(source.get(), tracked.view->data() + 3 * kPageSize, 10) == 10);
  CHECK(byte_at(*tracked.view, 3, 9) == 7);
  CHECK(tracked.collect() == mkwrite::test::Pages{3});
}

TEST_CASE("read(2) into tracked pages works and is noticed where no page is protected") {
  for_each_mechanism([](MechanismKind kind) {
    if (kind == MechanismKind::kWriteFault) return;
    TrackedBuffer tracked(8, kind);
    for (int round = 0; round < 3; ++round) {
      const ScopedFd source = pipe_with(kPageSize, static_cast<char>(round + 1));
      // Across a page border.
      CHECK(read(source.get(), tracked.view->data() + 3 * kPageSize + 100, kPageSize) ==
            static_cast<ssize_t>(kPageSize));
      CHECK(byte_at(*tracked.view, 4, 99) == round + 1);
      CHECK(tracked.collect() == tracked.expected({3, 4}));
      CHECK(tracked.collect() == tracked.expected({}));
    }
  });
}

TEST_CASE("a datagram received into tracked pages is noticed where no page is protected") {
  for_each_mechanism([](MechanismKind kind) {
    if (kind == MechanismKind::kWriteFault) return;
    TrackedBuffer tracked(8, kind);
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends.data()) == 0);
    const ScopedFd sender(ends[0]);
    const ScopedFd receiver(ends[1]);
    REQUIRE(send(sender.get(), "message", 7, 0) == 7);
    CHECK(recv(receiver.get(), tracked.view->data() + 6 * kPageSize, 7, 0) == 7);
    CHECK(tracked.collect() == tracked.expected({6}));
  });
}

TEST_CASE("write(2) from tracked pages works and does not make dirty") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(8, kind);
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const ScopedFd reader(ends[0]);
    const ScopedFd writer(ends[1]);
    CHECK(write(writer.get(), tracked.view->data() + 2 * kPageSize, 100) == 100);
    CHECK(tracked.collect() == tracked.expected({}));
  });
}
