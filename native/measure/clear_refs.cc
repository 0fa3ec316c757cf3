#include "measure/clear_refs.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "measure/clock.h"
#include "memory/error.h"
#include "memory/scoped_fd.h"

namespace mkwrite {

std::int64_t clear_refs() {
  const ScopedFd file(open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC));
  const Stopwatch stopwatch;
  if (!file || write(file.get(), "4", 1) != 1) {
    throw_system_error("write(\"/proc/self/clear_refs\")", errno, "Mount /proc writable.");
  }
  return stopwatch.elapsed_ns();
}

}  // namespace mkwrite
