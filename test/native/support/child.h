// Runs what may crash, or what changes the whole process, in a child process.
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "watchdog.h"

namespace mkwrite::test {

/// How a child ended.
struct Ending {
  int status;
  bool exited_with(int code) const { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
  bool died_of(int signal) const { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
};

/// Calls `body()` in a forked child, which exits with what it returns. No doctest assertion may be
/// used in it. A sanitizer's SIGSEGV handler is taken away there: it would turn a crash into an
/// exit.
template <typename Body>
Ending run_in_child(Body&& body) {
  fflush(nullptr);  // or a crashing child prints it again
  const pid_t child = fork();
  if (child == 0) {
    alarm(kWatchdogSeconds / 2);
    constexpr rlimit kNoCore{0, 0};
    setrlimit(RLIMIT_CORE, &kNoCore);
    signal(SIGSEGV, SIG_DFL);
    _exit(body());
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return {status};
}

}  // namespace mkwrite::test
