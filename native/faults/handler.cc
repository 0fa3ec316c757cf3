// `on_sigsegv` and what it calls run in the signal handler, along with what the sinks call. The
// rules are in native/README.md.
#include "faults/handler.h"

#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <mutex>

#include "faults/chain.h"
#include "faults/decode.h"
#include "faults/region_table.h"
#include "faults/seam.h"
#include "memory/error.h"

namespace mkwrite {
namespace {

std::atomic<std::uint64_t> routed{0};
std::atomic<std::uint64_t> chained{0};
std::atomic<std::uint64_t> displaced{0};

void count(std::atomic<std::uint64_t>& counter) noexcept {
  counter.fetch_add(1, std::memory_order_relaxed);  // a statistic, orders nothing
}

bool resolve(const siginfo_t& info, const void* context) noexcept {
  // SEGV_ACCERR: the mapping exists and its protection refused the access. A missing mapping, a
  // protection key or kill(2) is never ours.
  if (info.si_code != SEGV_ACCERR) return false;
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  seam(Seam::kHandlerBeforeLookup);
  Region* region = region_table.pin(address);
  if (region == nullptr) return region_table.forgive(address);
  const Access access = decode_access(*static_cast<const ucontext_t*>(context));
  const FaultOutcome outcome = region->sink->on_fault({address, access});
  RegionTable::unpin(region);
  return outcome == FaultOutcome::kResolved;
}

void on_sigsegv(int signal, siginfo_t* info, void* context) noexcept {
  const int saved_errno = errno;
  if (resolve(*info, context)) {
    count(routed);
  } else {
    count(chained);
    chain_signal(signal, info, context);
  }
  errno = saved_errno;
}

std::mutex install_mutex;
bool installed = false;

bool is_ours(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_sigsegv;
}

/// The action in force, replaced by `next` unless that is null. Throws Error.
struct sigaction exchange_action(const struct sigaction* next) {
  struct sigaction current{};
  if (sigaction(SIGSEGV, next, &current) != 0) {
    throw_system_error("sigaction(SIGSEGV)", errno, "Faults cannot be routed in this process.");
  }
  return current;
}

}  // namespace

bool ensure_fault_handler() {
  if (is_ours(exchange_action(nullptr))) return false;

  const std::lock_guard lock(install_mutex);
  const struct sigaction current = exchange_action(nullptr);
  if (is_ours(current)) return false;  // another thread was quicker
  const bool was_installed = installed;
  if (!was_installed) {
    const int error = pthread_atfork(nullptr, nullptr, [] { region_table.clear_after_fork(); });
    if (error != 0) throw_system_error("pthread_atfork", error, "Free memory and try again.");
  }
  struct sigaction ours{};
  ours.sa_sigaction = on_sigsegv;
  // ONSTACK where the thread has an alternate stack; NODEFER because a fault inside the handler of
  // somebody we chain to must still be delivered: a blocked SIGSEGV kills.
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&ours.sa_mask);
  // The predecessor is remembered before we are in front, so that no fault finds it missing.
  remember_handler(current);
  const struct sigaction replaced = exchange_action(&ours);
  // Somebody who installed a handler between the two calls must not be forgotten either.
  if (!is_ours(replaced)) remember_handler(replaced);
  installed = true;
  if (was_installed) count(displaced);
  return was_installed;
}

FaultHandlerStats fault_handler_stats() noexcept {
  return {routed.load(), chained.load(), displaced.load()};
}

}  // namespace mkwrite
