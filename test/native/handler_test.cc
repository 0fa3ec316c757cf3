// The SIGSEGV handler: which faults it takes, and what becomes of all others. Each test runs in a
// child process, because a handler is for good.
#include "faults/handler.h"

#include <doctest/doctest.h>
#include <setjmp.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "faults/region_table.h"
#include "support/child.h"
#include "support/sanitizers.h"
#include "support/trap.h"

using mkwrite::Access;
using mkwrite::ensure_fault_handler;
using mkwrite::Fault;
using mkwrite::fault_handler_stats;
using mkwrite::FaultOutcome;
using mkwrite::FaultSink;
using mkwrite::kPageSize;
using mkwrite::ScopedRegion;
using mkwrite::test::guard_page;
using mkwrite::test::nested_faults_kill;
using mkwrite::test::run_in_child;
using mkwrite::test::skip_trap;
using mkwrite::test::store_traps;

namespace {

/// A page that is opened by its first fault.
class OpeningPage final : public FaultSink {
 public:
  explicit OpeningPage(FaultOutcome outcome = FaultOutcome::kResolved)
      : page_(guard_page()), outcome_(outcome), region_(page_, kPageSize, *this) {}

  volatile char& byte() { return *static_cast<volatile char*>(page_); }
  int faults() const { return faults_.load(); }
  Access last_access() const { return last_access_.load(); }

  FaultOutcome on_fault(const Fault& fault) noexcept override {
    ++faults_;
    last_access_.store(fault.access);
    if (outcome_ == FaultOutcome::kResolved) mprotect(page_, kPageSize, PROT_READ | PROT_WRITE);
    errno = EDOM;
    return outcome_;
  }

 private:
  void* page_;
  FaultOutcome outcome_;
  std::atomic<int> faults_{0};
  std::atomic<Access> last_access_{Access::kExecute};
  ScopedRegion region_;
};

void install(void (*handler)(int, siginfo_t*, void*), int flags = 0,
             struct sigaction* before = nullptr) {
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, before);
}

std::atomic<int> calls{0};
std::atomic<bool> segv_blocked{false};

bool is_blocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

/// As V8's: knows its own faults by the program counter and crashes on all others, as Node does.
void trap_handler(int signal_number, siginfo_t* /*info*/, void* context) {
  ++calls;
  segv_blocked.store(is_blocked(SIGSEGV));
  if (skip_trap(context)) return;
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

struct sigaction displaced_by_thief;

/// Takes a look and hands on to whom it displaced.
void chaining_thief(int signal_number, siginfo_t* info, void* context) {
  ++calls;
  displaced_by_thief.sa_sigaction(signal_number, info, context);
}

void* selfish_page = nullptr;

/// Opens one page that it thinks of as its own, and keeps everything else to itself, too.
void selfish_thief(int /*signal*/, siginfo_t* /*info*/, void* /*context*/) {
  ++calls;
  mprotect(selfish_page, kPageSize, PROT_READ | PROT_WRITE);
}

void write_to_nowhere() { static_cast<volatile char*>(guard_page())[0] = 1; }

}  // namespace

TEST_CASE("a fault in a registered region is resolved and errno is kept") {
  CHECK(run_in_child([] {
          ensure_fault_handler();
          OpeningPage page;
          errno = 0;
          page.byte() = 1;
          if (errno != 0 || page.byte() != 1 || page.faults() != 1) return 1;
          if (page.last_access() != Access::kWrite) return 2;
          OpeningPage other;
          if (other.byte() != 0 || other.last_access() != Access::kRead) return 3;
          return fault_handler_stats().routed == 2 && fault_handler_stats().chained == 0 ? 0 : 4;
        }).exited_with(0));
}

TEST_CASE("faults of many threads are resolved at the same time") {
  CHECK(run_in_child([] {
          ensure_fault_handler();
          std::vector<OpeningPage> pages(8);
          std::vector<std::thread> threads;
          for (OpeningPage& page : pages) threads.emplace_back([&] { page.byte() = 1; });
          for (std::thread& thread : threads) thread.join();
          for (OpeningPage& page : pages) {
            if (page.faults() != 1) return 1;
          }
          return 0;
        }).exited_with(0));
}

TEST_CASE("a fault that is not ours dies of SIGSEGV") {
  CHECK(run_in_child([] {
          ensure_fault_handler();
          write_to_nowhere();
          return 0;
        }).died_of(SIGSEGV));
}

TEST_CASE("a fault that its sink gives up dies of SIGSEGV") {
  CHECK(run_in_child([] {
          ensure_fault_handler();
          OpeningPage page(FaultOutcome::kNotOurs);
          page.byte() = 1;
          return 0;
        }).died_of(SIGSEGV));
}

TEST_CASE("a null pointer dies of SIGSEGV") {
  CHECK(run_in_child([] {
          ensure_fault_handler();
          store_traps(nullptr);
          return 0;
        }).died_of(SIGSEGV));
}

TEST_CASE("kill(pid, SIGSEGV) dies of SIGSEGV") {
  CHECK(run_in_child([] {
          ensure_fault_handler();
          kill(getpid(), SIGSEGV);
          return 0;
        }).died_of(SIGSEGV));
}

TEST_CASE("kill(pid, SIGSEGV) is ignored where it was ignored before, a real fault is not") {
  CHECK(run_in_child([] {
          signal(SIGSEGV, SIG_IGN);
          ensure_fault_handler();
          kill(getpid(), SIGSEGV);
          return 7;
        }).exited_with(7));
  CHECK(run_in_child([] {
          signal(SIGSEGV, SIG_IGN);
          ensure_fault_handler();
          write_to_nowhere();
          return 7;
        }).died_of(SIGSEGV));
}

TEST_CASE("an earlier handler goes on resolving its faults, before and after ours is installed") {
  CHECK(run_in_child([] {
          void* page = guard_page();
          install(trap_handler);
          if (!store_traps(page)) return 1;
          ensure_fault_handler();
          for (int i = 0; i < 1000; ++i) {
            if (!store_traps(page)) return 2;
          }
          OpeningPage ours;
          if (store_traps(const_cast<char*>(&ours.byte()))) return 3;
          return calls.load() == 1001 && fault_handler_stats().chained == 1000 ? 0 : 4;
        }).exited_with(0));
}

TEST_CASE("an earlier handler works in threads that begin later") {
  CHECK(run_in_child([] {
          install(trap_handler);
          ensure_fault_handler();
          bool trapped = false;
          std::thread([&] { trapped = store_traps(guard_page()); }).join();
          return trapped ? 0 : 1;
        }).exited_with(0));
}

TEST_CASE("an earlier handler runs with SIGSEGV blocked, unless it asked for SA_NODEFER") {
  CHECK(run_in_child([] {
          install(trap_handler);
          ensure_fault_handler();
          store_traps(guard_page());
          return segv_blocked.load() && !is_blocked(SIGSEGV) ? 0 : 1;
        }).exited_with(0));
  if (nested_faults_kill()) return;
  CHECK(run_in_child([] {
          install(trap_handler, SA_NODEFER);
          ensure_fault_handler();
          store_traps(guard_page());
          return segv_blocked.load() ? 1 : 0;
        }).exited_with(0));
}

TEST_CASE("an earlier handler runs with the signals blocked that it named") {
  CHECK(run_in_child([] {
          static std::atomic<bool> blocked{false};
          struct sigaction action{};
          action.sa_sigaction = [](int, siginfo_t*, void* context) {
            blocked.store(is_blocked(SIGUSR1));
            skip_trap(context);
          };
          action.sa_flags = SA_SIGINFO;
          sigemptyset(&action.sa_mask);
          sigaddset(&action.sa_mask, SIGUSR1);
          sigaction(SIGSEGV, &action, nullptr);
          ensure_fault_handler();
          store_traps(guard_page());
          return blocked.load() && !is_blocked(SIGUSR1) ? 0 : 1;
        }).exited_with(0));
}

TEST_CASE("a raise in an earlier handler waits for its return and then kills") {
  // What comes after raise() is written to memory that the parent sees.
  auto* const passed = static_cast<volatile int*>(
      mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  static volatile int* behind_raise = passed;
  CHECK(run_in_child([] {
          install([](int signal_number, siginfo_t*, void*) {
            signal(signal_number, SIG_DFL);
            raise(signal_number);
            *behind_raise = 1;
          });
          ensure_fault_handler();
          write_to_nowhere();
          return 0;
        }).died_of(SIGSEGV));
  CHECK(*passed == 1);
}

TEST_CASE("an earlier handler without SA_SIGINFO is called with the signal's number") {
  CHECK(run_in_child([] {
          signal(SIGSEGV, [](int number) { _exit(number == SIGSEGV ? 7 : 8); });
          ensure_fault_handler();
          write_to_nowhere();
          return 0;
        }).exited_with(7));
}

TEST_CASE("an earlier handler may leave by siglongjmp, as often as it likes") {
  CHECK(run_in_child([] {
          static sigjmp_buf escape;
          install([](int, siginfo_t*, void*) {
            ++calls;
            siglongjmp(escape, 1);
          });
          ensure_fault_handler();
          static void* page = guard_page();
          for (static std::atomic<int> i{0}; i.load() < 1000; ++i) {
            if (sigsetjmp(escape, 1) == 0) *static_cast<volatile char*>(page) = 1;
          }
          return calls.load() == 1000 ? 0 : 1;
        }).exited_with(0));
}

TEST_CASE("a fault within an earlier handler is resolved") {
  if (nested_faults_kill()) return;
  CHECK(run_in_child([] {
          static OpeningPage* touched = nullptr;
          ensure_fault_handler();
          OpeningPage page;
          touched = &page;
          install(
              [](int, siginfo_t*, void* context) {
                touched->byte() = 1;
                skip_trap(context);
              },
              SA_NODEFER);
          ensure_fault_handler();
          return store_traps(guard_page()) && page.faults() == 1 ? 0 : 1;
        }).exited_with(0));
}

TEST_CASE("a fault within an earlier handler may be another one of its own") {
  if (nested_faults_kill()) return;
  CHECK(run_in_child([] {
          static void* page = guard_page();
          install(
              [](int, siginfo_t*, void* context) {
                if (++calls == 1) store_traps(page);
                skip_trap(context);
              },
              SA_NODEFER);
          ensure_fault_handler();
          return store_traps(page) && calls.load() == 2 ? 0 : 1;
        }).exited_with(0));
}

TEST_CASE("looking again changes nothing while we are in front") {
  CHECK(run_in_child([] {
          if (ensure_fault_handler()) return 1;
          if (ensure_fault_handler()) return 2;
          return fault_handler_stats().displaced == 0 ? 0 : 3;
        }).exited_with(0));
}

TEST_CASE("nobody displaced us when many threads install for the first time") {
  CHECK(run_in_child([] {
          std::atomic<int> displaced{0};
          std::atomic<int> waiting{0};
          std::vector<std::thread> threads;
          for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
              ++waiting;
              while (waiting.load() < 8) {
              }
              if (ensure_fault_handler()) ++displaced;
            });
          }
          for (std::thread& thread : threads) thread.join();
          return displaced.load();
        }).exited_with(0));
}

TEST_CASE("a thief that chains to us takes nothing away") {
  CHECK(run_in_child([] {
          install(trap_handler);
          ensure_fault_handler();
          install(chaining_thief, 0, &displaced_by_thief);
          OpeningPage page;
          page.byte() = 1;
          if (page.faults() != 1 || calls.load() != 1) return 1;
          if (!store_traps(guard_page())) return 2;
          return calls.load() == 3 ? 0 : 3;
        }).exited_with(0));
}

TEST_CASE("going in front of a thief that chains to us makes no circle") {
  CHECK(run_in_child([] {
          install(trap_handler);
          ensure_fault_handler();
          install(chaining_thief, 0, &displaced_by_thief);
          if (!ensure_fault_handler()) return 1;
          if (ensure_fault_handler() || fault_handler_stats().displaced != 1) return 2;
          OpeningPage page;
          page.byte() = 1;
          if (page.faults() != 1 || calls.load() != 0) return 3;
          // Ours, the thief, ours again, the trap handler.
          if (!store_traps(guard_page())) return 4;
          return calls.load() == 2 ? 0 : 5;
        }).exited_with(0));
}

TEST_CASE("behind a thief that chains to us, a real crash still crashes") {
  CHECK(run_in_child([] {
          ensure_fault_handler();
          install(chaining_thief, 0, &displaced_by_thief);
          write_to_nowhere();
          return 0;
        }).died_of(SIGSEGV));
  CHECK(run_in_child([] {
          ensure_fault_handler();
          install(chaining_thief, 0, &displaced_by_thief);
          ensure_fault_handler();
          write_to_nowhere();
          return 0;
        }).died_of(SIGSEGV));
}

TEST_CASE("we go in front again of a thief that keeps faults to itself, and it keeps its own") {
  CHECK(run_in_child([] {
          ensure_fault_handler();
          selfish_page = guard_page();
          install(selfish_thief);
          if (!ensure_fault_handler()) return 1;
          OpeningPage page;
          page.byte() = 1;
          if (page.faults() != 1 || calls.load() != 0) return 2;
          *static_cast<volatile char*>(selfish_page) = 1;
          return calls.load() == 1 ? 0 : 3;
        }).exited_with(0));
}

TEST_CASE("two thieves in a row are both asked, the later one first") {
  CHECK(run_in_child([] {
          static std::array<std::atomic<int>, 2> order;
          install(trap_handler);
          ensure_fault_handler();
          static struct sigaction before_first{};
          static struct sigaction before_second{};
          install(
              [](int number, siginfo_t* info, void* context) {
                order[0].store(++calls);
                before_first.sa_sigaction(number, info, context);
              },
              0, &before_first);
          ensure_fault_handler();
          install(
              [](int number, siginfo_t* info, void* context) {
                order[1].store(++calls);
                before_second.sa_sigaction(number, info, context);
              },
              0, &before_second);
          ensure_fault_handler();
          if (!store_traps(guard_page())) return 1;
          return order[1].load() == 1 && order[0].load() == 2 && calls.load() == 3 ? 0 : 2;
        }).exited_with(0));
}

TEST_CASE("the handler runs on the thread's alternate stack where there is one") {
  CHECK(run_in_child([] {
          static std::atomic<const void*> handler_stack{nullptr};
          class Sink final : public FaultSink {
           public:
            explicit Sink(void* page) : page_(page), region_(page, kPageSize, *this) {}
            FaultOutcome on_fault(const Fault&) noexcept override {
              handler_stack.store(__builtin_frame_address(0));
              mprotect(page_, kPageSize, PROT_READ | PROT_WRITE);
              return FaultOutcome::kResolved;
            }

           private:
            void* page_;
            ScopedRegion region_;
          };
          ensure_fault_handler();
          constexpr std::size_t kStackSize = 256 << 10;
          std::vector<char> stack(kStackSize);
          stack_t alternate{};
          alternate.ss_sp = stack.data();
          alternate.ss_size = stack.size();
          sigaltstack(&alternate, nullptr);
          void* page = guard_page();
          const Sink sink(page);
          *static_cast<volatile char*>(page) = 1;
          const auto* used = static_cast<const char*>(handler_stack.load());
          const bool inside = used >= stack.data() && used < stack.data() + stack.size();
          alternate.ss_flags = SS_DISABLE;
          sigaltstack(&alternate, nullptr);
          return inside ? 0 : 1;
        }).exited_with(0));
}

TEST_CASE("a forked child's faults are its own, even where the parent's regions lay") {
  CHECK(run_in_child([] {
          ensure_fault_handler();
          OpeningPage page;
          const auto grandchild = run_in_child([&] {
            ensure_fault_handler();
            page.byte() = 1;
            return 0;
          });
          return grandchild.died_of(SIGSEGV) && page.faults() == 0 ? 0 : 1;
        }).exited_with(0));
}
