// Puts a bare SIGSEGV handler in front of everybody else's for the length of a measurement, and
// puts the one found there back, so that the library does not count it as displaced.
#pragma once

#include <signal.h>

#include <mutex>

namespace mkwrite {

class SegvInterceptor {
 public:
  /// Answers whether the fault was its own. Runs in the signal handler.
  using Handler = bool (*)(siginfo_t& info, ucontext_t& context, void* user) noexcept;

  /// Waits for any other interceptor to go. Throws Error (kSystem).
  SegvInterceptor(Handler handler, void* user);
  ~SegvInterceptor();
  SegvInterceptor(const SegvInterceptor&) = delete;
  SegvInterceptor& operator=(const SegvInterceptor&) = delete;

 private:
  std::unique_lock<std::mutex> turn_;
};

}  // namespace mkwrite
