// Another SIGSEGV handler in front of ours: the tracker cannot know what was written meanwhile.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/mman.h>

#include <thread>

#include "support/mechanisms.h"
#include "support/tracked_buffer.h"

using mkwrite::kPageSize;
using mkwrite::MechanismKind;
using mkwrite::PageIndex;
using mkwrite::test::byte_at;
using mkwrite::test::for_each_mechanism;
using mkwrite::test::pages_of;
using mkwrite::test::TrackedBuffer;

namespace {

/// Opens whatever page faults, and tells nobody.
void thief(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  mprotect(reinterpret_cast<void*>(address / kPageSize * kPageSize), kPageSize,
           PROT_READ | PROT_WRITE);
}

void install_thief() {
  struct sigaction action{};
  action.sa_sigaction = thief;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, nullptr);
}

}  // namespace

TEST_CASE("a write that a thief let through is reported") {
  for_each_mechanism([](MechanismKind kind) {
    TrackedBuffer tracked(64, kind);
    install_thief();
    byte_at(*tracked.view, 17) = 1;
    const auto found = tracked.collect();
    CHECK(std::ranges::find(found, 17U) != found.end());
    CHECK(tracked.tracker.stats().displacements == 1);
    byte_at(*tracked.view, 17) = 2;
    CHECK(tracked.collect() == tracked.expected({17}));
    CHECK(tracked.tracker.stats().displacements == 1);
  });
}

TEST_CASE("after a thief everything counts as dirty under write-fault, once") {
  TrackedBuffer tracked(64, MechanismKind::kWriteFault);
  install_thief();
  CHECK(tracked.collect() == pages_of({0, 64}));
  CHECK(tracked.collect().empty());
}

TEST_CASE("every tracker hears of a thief that one of them found") {
  TrackedBuffer first(16, MechanismKind::kWriteFault);
  TrackedBuffer second(16, MechanismKind::kWriteFault);
  install_thief();
  byte_at(*second.view, 3) = 1;
  CHECK(first.collect() == pages_of({0, 16}));
  CHECK(second.collect() == pages_of({0, 16}));
}

TEST_CASE("pages that are dirty by suspicion only are written without delay") {
  constexpr std::size_t kPages = 4096;
  TrackedBuffer tracked(kPages, MechanismKind::kWriteFault);
  install_thief();
  tracked.collect({0, 1});  // the others stay suspected and protected
  const auto write_half = [&](PageIndex first) {
    for (PageIndex page = first; page < kPages; page += 2) byte_at(*tracked.view, page) = 1;
  };
  std::thread other([&] { write_half(1); });
  write_half(0);
  other.join();
  // Each page faulted once, or twice where two threads met.
  CHECK(tracked.tracker.stats().write_faults <= 2 * kPages);
  CHECK(tracked.collect() == pages_of({0, kPages}));
}
