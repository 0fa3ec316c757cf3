#include "measure/segv_interceptor.h"

#include <ucontext.h>

#include <cerrno>

#include "memory/error.h"

namespace mkwrite {
namespace {

std::mutex turn;

// What the handler needs, set before it is installed.
SegvInterceptor::Handler handler = nullptr;
void* handler_user = nullptr;
struct sigaction previous{};

void on_sigsegv(int signal, siginfo_t* info, void* context) noexcept {
  if (handler(*info, *static_cast<ucontext_t*>(context), handler_user)) return;
  // Another thread's fault.
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    sigaction(SIGSEGV, &previous, nullptr);  // crashes when the instruction is repeated
  }
}

}  // namespace

SegvInterceptor::SegvInterceptor(Handler new_handler, void* user) : turn_(turn) {
  handler = new_handler;
  handler_user = user;
  struct sigaction ours{};
  ours.sa_sigaction = on_sigsegv;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&ours.sa_mask);
  // Read first: a fault of another thread may come as soon as we are in front.
  if (sigaction(SIGSEGV, nullptr, &previous) != 0 || sigaction(SIGSEGV, &ours, nullptr) != 0) {
    throw_system_error("sigaction(SIGSEGV)", errno, "Faults cannot be handled in this process.");
  }
}

SegvInterceptor::~SegvInterceptor() { sigaction(SIGSEGV, &previous, nullptr); }

}  // namespace mkwrite
