#include "measure/armed_by_kernel.h"

#include "measure/clear_refs.h"
#include "memory/error.h"
#include "tracking/userfaultfd.h"

namespace mkwrite {

ArmedByUserfault::ArmedByUserfault(const ArmedMemoryOptions& options) : ArmedMemory(options) {
  if (memory().page_size() != kPageSize) {
    throw Error(ErrorCode::kUnsupported, "Huge pages are not tracked through userfaultfd here.");
  }
  Userfaultfd::instance().register_range(memory().data(), memory().size());
}

void ArmedByUserfault::arm() {
  memory().mend();
  Userfaultfd::scan_and_protect(memory().data(), {0, pages()}, [](PageRange) {});
}

ArmedBySoftDirty::ArmedBySoftDirty(const ArmedMemoryOptions& options) : ArmedMemory(options) {}

void ArmedBySoftDirty::arm() {
  memory().mend();
  clear_refs();
}

}  // namespace mkwrite
