#include "measure/mapping_crowd.h"

#include <sys/mman.h>

#include <cerrno>
#include <fstream>
#include <limits>
#include <string>

#include "memory/error.h"
#include "memory/page.h"

namespace mkwrite {
namespace {

std::size_t count_mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t lines = 0;
  while (maps.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) ++lines;
  return lines;
}

}  // namespace

MappingCrowd::MappingCrowd(std::size_t count) : size_(count * kPageSize) {
  constexpr std::size_t kReserve = 4096;  // what faults split, and what the runtime maps meanwhile
  std::size_t limit = 0;
  std::ifstream("/proc/sys/vm/max_map_count") >> limit;
  if (limit != 0 && count_mappings() + count + kReserve > limit) {
    throw Error(ErrorCode::kUnsupported, "vm.max_map_count (" + std::to_string(limit) +
                                             ") leaves no room for that many mappings.");
  }
  void* const space =
      mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (space == MAP_FAILED) throw_system_error("mmap", errno, "Free memory and try again.");
  data_ = static_cast<std::byte*>(space);
  // Neighbours that differ in protection stay apart.
  for (std::size_t page = 1; page < count; page += 2) {
    if (mprotect(data_ + page * kPageSize, kPageSize, PROT_READ) == 0) continue;
    const int error = errno;
    munmap(data_, size_);
    throw_system_error("mprotect", error, "Raise vm.max_map_count.");
  }
}

MappingCrowd::~MappingCrowd() { munmap(data_, size_); }

}  // namespace mkwrite
