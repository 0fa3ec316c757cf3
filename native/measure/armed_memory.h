// Memory that is armed by hand for one mechanism, so that single faults can be timed without the
// library. Unlike a bare loop (bare_loop.h) it finds nothing out: only the faults are real.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "measure/access_timer.h"
#include "measure/test_memory.h"
#include "tracking/mechanism.h"

namespace mkwrite {

struct ArmedMemoryOptions {
  MechanismKind mechanism = MechanismKind::kWriteFault;
  MemoryKind memory = MemoryKind::kShared;
  std::size_t size = 0;        ///< bytes
  std::size_t open_pages = 1;  ///< under write-fault: pages that one fault opens
  bool against_reads = false;  ///< under write-fault: reading faults, too
};

class ArmedMemory {
 public:
  virtual ~ArmedMemory() = default;

  std::size_t pages() const noexcept { return memory_.size() / memory_.page_size(); }

  /// From here on the first write to each page faults. Throws Error.
  virtual void arm() = 0;

  /// Makes accesses to armed pages, each timed by itself; `times` has room for all of them, in the
  /// order of `accesses.pages`. Throws Error.
  void time(std::span<const std::uint32_t> pages, bool write, unsigned threads,
            std::span<AccessTimes> times);

  /// Writes to pages, and returns the CPU time of all together in ns. Throws Error.
  std::int64_t write(std::span<const std::uint32_t> pages);

 protected:
  explicit ArmedMemory(const ArmedMemoryOptions& options);

  TestMemory& memory() noexcept { return memory_; }
  /// Where the handler leaves its stamps: one for each page; empty if nobody wants them.
  std::span<AccessStamps> stamps() noexcept { return wanted_; }
  /// Runs `work`, whose accesses fault.
  virtual void resolving_faults(const std::function<void()>& work) { work(); }

 private:
  TestMemory memory_;
  std::vector<AccessStamps> stamps_;
  std::span<AccessStamps> wanted_;
};

/// Throws Error: kUnsupported where the machine does not have such memory, or the mechanism does
/// not work on it.
std::unique_ptr<ArmedMemory> make_armed_memory(const ArmedMemoryOptions& options);

}  // namespace mkwrite
