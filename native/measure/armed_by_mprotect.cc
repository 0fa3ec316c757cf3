#include "measure/armed_by_mprotect.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "measure/latency_clock.h"
#include "measure/segv_interceptor.h"
#include "memory/error.h"

namespace mkwrite {

ArmedByMprotect::ArmedByMprotect(const ArmedMemoryOptions& options)
    : ArmedMemory(options),
      open_pages_(options.open_pages),
      closed_(options.against_reads ? PROT_NONE : PROT_READ),
      written_(pages()) {}

void ArmedByMprotect::protect(std::size_t page, std::size_t count, int protection) {
  const std::size_t size = memory().page_size();
  if (mprotect(memory().data() + page * size, count * size, protection) != 0) {
    throw_system_error("mprotect", errno, "Raise vm.max_map_count.");
  }
}

void ArmedByMprotect::arm() {
  protect(0, pages(), PROT_READ | PROT_WRITE);
  memory().mend();
  protect(0, pages(), closed_);
}

bool ArmedByMprotect::on_fault(siginfo_t& info, ucontext_t& /*context*/, void* user) noexcept {
  const std::uint64_t entered = read_latency_clock();
  auto& self = *static_cast<ArmedByMprotect*>(user);
  TestMemory& memory = self.memory();
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(info.si_addr) -
                             reinterpret_cast<std::uintptr_t>(memory.data());
  if (info.si_code != SEGV_ACCERR || offset >= memory.size()) return false;
  const std::size_t size = memory.page_size();
  const std::size_t page = offset / size;
  self.written_[page] = 1;
  const std::uint64_t marked = read_latency_clock();
  const std::size_t count = std::min(self.open_pages_, self.pages() - page);
  bool open = mprotect(memory.data() + page * size, count * size, PROT_READ | PROT_WRITE) == 0;
  const std::uint64_t opened = read_latency_clock();
  // Out of mappings: opening everything needs none.
  if (!open) open = mprotect(memory.data(), memory.size(), PROT_READ | PROT_WRITE) == 0;
  if (!self.stamps().empty()) {
    AccessStamps& stamps = self.stamps()[page];
    stamps.entered = entered;
    stamps.marked = marked;
    stamps.opened = opened;
  }
  return open;
}

void ArmedByMprotect::resolving_faults(const std::function<void()>& work) {
  const SegvInterceptor interceptor(on_fault, this);
  work();
}

}  // namespace mkwrite
