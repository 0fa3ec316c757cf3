// The stress test: writers on several threads and views race with collects, submissions and device
// writes to the same pages, and at every quiescent point all memory is compared byte for byte. It
// stands above everything else and uses only what users of the layers below can use.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "stress/counts.h"
#include "stress/traffic.h"

namespace mkwrite::stress {

struct StressOptions {
  std::string policy;  ///< as make_policy() takes it
  std::chrono::nanoseconds duration{};
  std::size_t writers = 0;     ///< threads, 1 to 64
  std::size_t views = 0;       ///< of each buffer object, shared by the writers; 1 or more
  std::size_t pages = 0;       ///< of each buffer object, 4 or more
  bool device_writes = false;  ///< false: trackers without a device
  bool trims = false;          ///< see Grounds; under "auto" alone
  std::uint64_t seed = 0;
};

class Stress {
 public:
  /// Throws Error, also when the policy does not work here.
  explicit Stress(const StressOptions& options);
  ~Stress();
  Stress(const Stress&) = delete;
  Stress& operator=(const Stress&) = delete;

  /// Runs until its time is over or stop() is called, and compares a last time. Once, on any
  /// thread. Throws Error: what kept the test from going on.
  void run();
  /// Any thread.
  void stop() noexcept { stopping_.store(true); }
  /// What happened so far. Any thread.
  StressCounts counts() const;

 private:
  class Crew;

  const StressOptions options_;
  Counts counts_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<Traffic> traffic_;
};

}  // namespace mkwrite::stress
