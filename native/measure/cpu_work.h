// What else a program does in a frame besides writing to the device's buffers: some computing, on
// memory of its own, that takes part of the caches with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mkwrite {

/// Mostly arithmetic: vertices read in a row, moved by four joints, and written in a row (256 KiB
/// each); in between, references followed through a table at random (512 KiB). 1 MiB in all, about
/// a second-level cache.
class CpuWork {
 public:
  /// As much as takes `milliseconds` of CPU time when it runs undisturbed; measured now, for 0.1 s.
  explicit CpuWork(double milliseconds);

  /// Always the same amount. Returns the CPU time that it took in ns.
  std::int64_t run();

 private:
  void step();

  std::vector<float> vertices_;
  std::vector<float> transformed_;
  std::vector<std::uint32_t> table_;
  std::size_t at_ = 0;        ///< next vertex
  std::uint32_t lookup_ = 1;  ///< what the last look-up found
  std::size_t steps_ = 1;     ///< of each run
};

}  // namespace mkwrite
