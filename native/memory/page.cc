#include "memory/page.h"

#include <unistd.h>

namespace mkwrite {

const std::size_t kPageSize = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));

}  // namespace mkwrite
