#include "device/apart.h"

#include <pthread.h>
#include <sched.h>

namespace mkwrite {

void Apart::keep(std::thread& thread) noexcept {
  const int cpu = sched_getcpu();
  if (cpu == avoided_cpu_) return;
  cpu_set_t others;
  // Those of the caller: what the thread itself was confined to before does not matter.
  if (cpu < 0 || sched_getaffinity(0, sizeof others, &others) != 0) return;
  CPU_CLR(static_cast<std::size_t>(cpu), &others);
  if (CPU_COUNT(&others) == 0) return;
  if (pthread_setaffinity_np(thread.native_handle(), sizeof others, &others) == 0) {
    avoided_cpu_ = cpu;
  }
}

}  // namespace mkwrite
