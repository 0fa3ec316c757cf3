// What else a program does in a frame besides writing to the device's buffers: some computing, on
// memory of its own, that takes part of the caches with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mkwrite {

/// Vertices read in a row, transformed by a matrix and written in a row (512 KiB each), and
/// look-ups at random places of a table (1 MiB), in turn: 2 MiB in all, so that it fills most of a
/// second-level cache and little of a third-level one.
class CpuWork {
 public:
  /// As much as takes `milliseconds` of CPU time when it runs by itself; measured now, for 0.1 s.
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
