// Which CPUs threads run on, for those that shall run at the same time.
#pragma once

#include <thread>

namespace mkwrite {

/// Keeps a thread off the CPU that somebody else is on: a scheduler that finds no CPU idle may let
/// it take turns with who woke it. Where there is one CPU only, it does nothing. For one caller at
/// a time.
class Apart {
 public:
  /// From now on `thread` runs on any CPU that the caller may run on but the one it is on now.
  void keep(std::thread& thread) noexcept;

 private:
  int avoided_cpu_ = -1;
};

}  // namespace mkwrite
