// What a stress test counts. Written by all its threads, read at any time.
#pragma once

#include <atomic>
#include <cstdint>

namespace mkwrite::stress {

template <typename Count>
struct BasicCounts {
  Count cpu_writes{};           ///< slots that writers wrote
  Count device_writes{};        ///< slots that commands wrote
  Count same_page_conflicts{};  ///< pages that both wrote between two submissions
  Count lost_updates{};         ///< slots that did not hold, or not reach, what was written last
  Count stale_reads{};          ///< slots older than a fence promised
  Count submissions{};
  Count comparisons{};   ///< quiescent points at which all memory was compared
  Count views_opened{};  ///< while writers and the device were running
  Count cpu_accesses{};  ///< with a system call that wrote
  Count streams{};       ///< long sequences of writes through memory
  Count marks{};         ///< ranges declared dirty that nobody had written
  Count evictions{};
  Count busy{};     ///< submissions refused because of CPU access
  Count refused{};  ///< submissions whose update failed by injection
  Count undone{};   ///< visits to a page that leave it as it was
};

using Counts = BasicCounts<std::atomic<std::uint64_t>>;

/// Counts at one moment, with those of the trackers.
struct StressCounts : BasicCounts<std::uint64_t> {
  std::uint64_t collects = 0;
  std::uint64_t waits = 0;         ///< faults that waited for the device
  std::uint64_t switches = 0;      ///< changes of mechanism
  std::uint64_t opened_ahead = 0;  ///< pages opened ahead of their first write
  std::uint64_t trimmed = 0;       ///< pages found unchanged when they were compared
};

}  // namespace mkwrite::stress
