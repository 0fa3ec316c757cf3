#include "measure/armed_memory.h"

#include "measure/armed_by_kernel.h"
#include "measure/armed_by_mprotect.h"
#include "measure/clock.h"
#include "memory/error.h"

namespace mkwrite {

ArmedMemory::ArmedMemory(const ArmedMemoryOptions& options)
    : memory_(options.memory, options.size), stamps_(pages()) {}

void ArmedMemory::time(std::span<const std::uint32_t> pages, bool write, unsigned threads,
                       std::span<AccessTimes> times) {
  wanted_ = stamps_;
  resolving_faults([&] {
    time_accesses(memory_.data(), {pages, memory_.page_size(), write, threads}, stamps_);
  });
  for (std::size_t i = 0; i < pages.size(); ++i) times[i] = to_times(stamps_[pages[i]]);
}

std::int64_t ArmedMemory::write(std::span<const std::uint32_t> pages) {
  wanted_ = {};
  std::int64_t ns = 0;
  resolving_faults([&] {
    const Stopwatch stopwatch;
    for (const std::uint32_t page : pages) {
      const_cast<volatile std::byte*>(memory_.data())[page * memory_.page_size()] = std::byte{2};
    }
    ns = stopwatch.elapsed_ns();
  });
  return ns;
}

std::unique_ptr<ArmedMemory> make_armed_memory(const ArmedMemoryOptions& options) {
  switch (options.mechanism) {
    case MechanismKind::kWriteFault:
      return std::make_unique<ArmedByMprotect>(options);
    case MechanismKind::kSoftDirty:
      return std::make_unique<ArmedBySoftDirty>(options);
    case MechanismKind::kUserfault:
      return std::make_unique<ArmedByUserfault>(options);
    default:
      throw Error(ErrorCode::kInvalidArgument, "Nothing faults under this mechanism.");
  }
}

}  // namespace mkwrite
