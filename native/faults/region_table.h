// Which address belongs to whom: the fault handler's only way from an address to a FaultSink.
// Lookup is lock-free and O(log n); adding and removing copies the table, O(n).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "faults/fault.h"
#include "faults/reader_gate.h"

namespace mkwrite {

/// One registered address range. `pins` counts the handlers that are inside `sink` now; a region is
/// given back only when there is none, so a sink may wait as long as it must.
struct Region {
  std::uintptr_t begin;
  std::uintptr_t end;
  FaultSink* sink;
  std::atomic<std::uint32_t> pins{0};
};

class RegionTable {
 public:
  constexpr RegionTable() = default;

  /// Routes faults in [begin, end) to `sink` from now on. Ranges must not overlap. Throws
  /// std::bad_alloc. Not for signal handlers.
  Region* add(std::uintptr_t begin, std::uintptr_t end, FaultSink& sink);

  /// Stops routing and waits for the handlers that are inside the sink. Not for signal handlers.
  void remove(Region* region) noexcept;

  /// The region that holds `address`, pinned, or null. Async-signal-safe, lock-free.
  Region* pin(std::uintptr_t address) noexcept;
  static void unpin(Region* region) noexcept {
    // Release: the sink's work is over before remove() may free it.
    region->pins.fetch_sub(1, std::memory_order_release);
  }

  /// Whether `address`, in no region now, was in one that left a moment ago. The owner of that
  /// region opened its memory first, so a fault that was on its way here meanwhile should be tried
  /// again. Says so kLateFaults times for each region at most: whoever maps something else there
  /// gets its faults. Async-signal-safe, lock-free.
  bool forgive(std::uintptr_t address) noexcept;

  /// Forgets everything: the mappings do not exist in a forked child (MADV_DONTFORK). For the
  /// child's atfork handler, when no other thread exists.
  void clear_after_fork() noexcept { snapshot_.store(nullptr); }

 private:
  struct Snapshot;

  struct Departed {
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::uintptr_t> end{0};
    std::atomic<std::int32_t> forgiven{0};
  };
  static constexpr std::size_t kDeparted = 128;
  /// More than the threads that can be on their way at once.
  static constexpr std::int32_t kLateFaults = 1024;

  void publish(const Snapshot* next) noexcept;

  std::atomic<const Snapshot*> snapshot_{nullptr};
  ReaderGate gate_;
  std::mutex writer_mutex_;
  std::array<Departed, kDeparted> departed_{};  ///< written under writer_mutex_
  std::size_t departures_ = 0;
};

/// The one of this process. Constant-initialised and never destroyed, so that the handler may use
/// it at any time.
extern RegionTable region_table;

/// Keeps a range registered while it lives.
class ScopedRegion {
 public:
  ScopedRegion() = default;
  ScopedRegion(const void* begin, std::size_t size, FaultSink& sink)
      : region_(region_table.add(reinterpret_cast<std::uintptr_t>(begin),
                                 reinterpret_cast<std::uintptr_t>(begin) + size, sink)) {}
  ScopedRegion(const ScopedRegion&) = delete;
  ScopedRegion& operator=(const ScopedRegion&) = delete;
  ~ScopedRegion() { reset(); }

  void reset() noexcept {
    if (region_ != nullptr) region_table.remove(region_);
    region_ = nullptr;
  }

 private:
  Region* region_ = nullptr;
};

}  // namespace mkwrite
