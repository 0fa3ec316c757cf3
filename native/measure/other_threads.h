// How long the other threads of this process run: all but the one that made this.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory/scoped_fd.h"

namespace mkwrite {

class OtherThreads {
 public:
  /// From here on. Throws Error if /proc/self/task cannot be read.
  OtherThreads();

  /// CPU time in ns that they have had since this was made, those included that have begun since.
  /// Of those that have ended, what they had when it was last asked. Asks each thread's own clock:
  /// the clock of the process leaves out what threads that run have had since the last tick, up to
  /// 10 ms. About a system call for each thread.
  std::int64_t cpu_ns();

 private:
  struct Thread {
    pid_t id;
    std::int64_t cpu_ns;  ///< when it was last asked
  };

  void list();
  /// Adds up what those that are listed have had since. Returns whether all are still there.
  bool ask();

  ScopedFd tasks_;  ///< /proc/self/task
  std::vector<Thread> threads_;
  std::int64_t total_{0};
};

}  // namespace mkwrite
