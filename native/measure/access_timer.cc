#include "measure/access_timer.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include "measure/latency_clock.h"

namespace mkwrite {
namespace {

void access_all(std::byte* base, std::size_t page_size, bool write,
                std::span<const std::uint32_t> pages, std::span<AccessStamps> stamps) noexcept {
  constexpr std::size_t kCacheLine = 64;
  for (const std::uint32_t page : pages) {
    // Not always the first cache line, or all would compete for one set of the cache.
    const std::size_t offset = page * kCacheLine % page_size;
    auto* const target = reinterpret_cast<volatile std::uint8_t*>(base + page * page_size + offset);
    AccessStamps& stamp = stamps[page];
    stamp = {};
    if (write) {
      const auto value = static_cast<std::uint8_t>(page);
      stamp.begin = read_latency_clock();
      *target = value;
      stamp.end = read_latency_clock();
    } else {
      stamp.begin = read_latency_clock();
      static_cast<void>(*target);
      stamp.end = read_latency_clock();
    }
  }
}

}  // namespace

AccessTimes to_times(const AccessStamps& stamps) noexcept {
  const LatencyClock& clock = latency_clock();
  const auto between = [&](std::uint64_t from, std::uint64_t to) {
    const auto ticks = static_cast<double>(static_cast<std::int64_t>(to - from));
    return std::max(ticks * clock.ns_per_tick - clock.overhead_ns, 0.0);
  };
  if (stamps.entered == 0) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    return {between(stamps.begin, stamps.end), kUnknown, kUnknown, kUnknown, kUnknown};
  }
  const AccessTimes times{
      0, between(stamps.begin, stamps.entered), between(stamps.entered, stamps.marked),
      between(stamps.marked, stamps.opened), between(stamps.opened, stamps.end)};
  return {times.delivery + times.handler + times.unprotect + times.resume, times.delivery,
          times.handler, times.unprotect, times.resume};
}

void time_accesses(std::byte* base, const Accesses& accesses, std::span<AccessStamps> stamps) {
  latency_clock();  // not calibrated within an access
  const auto& [pages, page_size, write, threads] = accesses;
  if (threads <= 1) {
    access_all(base, page_size, write, pages, stamps);
    return;
  }
  const std::size_t share = (pages.size() + threads - 1) / threads;
  std::atomic<int> missing{static_cast<int>(threads)};
  std::vector<std::jthread> writers;
  for (unsigned i = 0; i < threads; ++i) {
    const std::size_t first = std::min(i * share, pages.size());
    const auto own = pages.subspan(first, std::min(share, pages.size() - first));
    try {
      writers.emplace_back([&, own] {
        missing.fetch_sub(1);
        // Not a wait in the kernel: whoever is woken last would have the others' faults behind it.
        while (missing.load() > 0) std::this_thread::yield();
        access_all(base, page_size, write, own, stamps);
      });
    } catch (...) {
      missing.store(0);  // those that run must not wait for this one
      throw;
    }
  }
}

}  // namespace mkwrite
