#include "faults/chain.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>

#include <functional>
#include "faults/mutant.h"

namespace mkwrite {
namespace {

// Handlers are only ever appended, so readers need no lock.
constexpr std::size_t kMaxHandlers = 16;
std::array<struct sigaction, kMaxHandlers> handlers;
std::atomic<std::size_t> handler_count{0};

/// A signal that is being passed down the chain now. Recognised by its siginfo, which lives on the
/// stack of the thread that handles it and is passed on by every handler that chains. But for
/// `thread`, only that thread uses it.
struct Walk {
  std::atomic<pthread_t> thread{0};  ///< 0: free
  const siginfo_t* info = nullptr;
  const void* frame = nullptr;  ///< of the call that began it
  std::size_t next = 0;         ///< how many handlers are still to be asked
};
std::array<Walk, 64> walks;

/// The walk of this signal that a call further up in the stack began, or null. Walks that a handler
/// left by longjmp are ended on the way: their calls are not above `frame` any more.
Walk* find_walk(const siginfo_t* info, const void* frame) noexcept {
  const pthread_t self = pthread_self();
  Walk* found = nullptr;
  for (Walk& walk : walks) {
    // Relaxed: only this thread can have stored its own name.
    if (walk.thread.load(std::memory_order_relaxed) != self) continue;
    if (std::less_equal<>()(walk.frame, frame)) {
      walk.thread.store(0);
    } else if (walk.info == info) {
      found = &walk;
    }
  }
  return found;
}

Walk* begin_walk(const siginfo_t* info, const void* frame) noexcept {
  for (Walk& walk : walks) {
    pthread_t free = 0;
    if (walk.thread.compare_exchange_strong(free, pthread_self())) {
      walk.info = info;
      walk.frame = frame;
      walk.next = handler_count.load();
      return &walk;
    }
  }
  return nullptr;
}

void default_action(int signal, const siginfo_t* info) noexcept {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
  // A real fault happens again when we return, and then the kernel's core points at the very
  // instruction. A signal that was sent does not, so it is sent again.
  if (info->si_code <= 0) syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
}

void invoke(const struct sigaction& action, int signal, siginfo_t* info, void* context) noexcept {
  if (action.sa_handler == SIG_IGN && info->si_code <= 0) return;
  if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) {
    // The kernel does not let a process ignore a real fault either (force_sig_fault).
    default_action(signal, info);
    return;
  }
  // The handler runs with the signals blocked that it asked for. The mask is not restored here:
  // returning from the signal does that, and a raise(SIGSEGV) in the handler (Node's way to crash)
  // stays pending until then, which makes the core point at the faulting instruction.
  sigset_t mask = action.sa_mask;
  if ((action.sa_flags & SA_NODEFER) == 0) sigaddset(&mask, signal);
  pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
}

}  // namespace

void remember_handler(const struct sigaction& action) noexcept {
  if (kMutant == Mutant::kForgetPredecessor) return;
  const std::size_t count = handler_count.load();
  for (std::size_t i = 0; i < count; ++i) {
    if (handlers[i].sa_sigaction == action.sa_sigaction) return;
  }
  if (count == kMaxHandlers) return;
  handlers[count] = action;
  handler_count.store(count + 1);
}

void chain_signal(int signal, siginfo_t* info, void* context) noexcept {
  const void* frame = __builtin_frame_address(0);
  Walk* outer = find_walk(info, frame);
  Walk* walk = outer != nullptr ? outer : begin_walk(info, frame);
  // With every slot taken, the process's first handler is the one that must not be left out.
  const std::size_t level = walk != nullptr ? walk->next : 1;
  if (level == 0 || handler_count.load() == 0) {
    default_action(signal, info);
  } else {
    if (walk != nullptr) walk->next = level - 1;
    invoke(handlers[level - 1], signal, info, context);
  }
  if (walk != nullptr && outer == nullptr) walk->thread.store(0);
}

}  // namespace mkwrite
