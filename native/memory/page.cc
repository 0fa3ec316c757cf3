#include "memory/page.h"

#include <unistd.h>

#include <bit>

namespace mkwrite {

const std::size_t kPageSize = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
const unsigned kPageShift = static_cast<unsigned>(std::countr_zero(kPageSize));

}  // namespace mkwrite
