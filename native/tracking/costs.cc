#include "tracking/costs.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include "memory/buffer_object.h"
#include "memory/cache.h"
#include "memory/error.h"
#include "tracking/policy.h"
#include "tracking/tracker.h"
#include "tracking/userfaultfd.h"

namespace mkwrite {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kCopyBytes = std::size_t{1} << 20U;
constexpr std::size_t kFaultPages = 128;
constexpr int kRounds = 3;

/// ns per page of `action`, which does `pages` pages; the least of a few rounds, since everything
/// that disturbs a measurement makes it longer.
template <typename Prepare, typename Action>
double cheapest(std::size_t pages, Prepare&& prepare, Action&& action) {
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    prepare();
    const auto begin = Clock::now();
    action();
    const double ns = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    if (round == 0 || ns < best) best = ns;
  }
  return best / static_cast<double>(pages);
}

/// Every second page is written and collected, as an application would cause it.
double measure_fault(MechanismKind mechanism) {
  const auto buffer = BufferObject::create(2 * kFaultPages * kPageSize);
  const auto view = buffer->create_view();
  std::memset(view->data(), 1, view->size());
  Tracker& tracker =
      Tracker::begin(*buffer, make_policy(mechanism_name(mechanism), buffer->pages()));
  const auto collect = [&] { tracker.collect(buffer->all_pages(), [](PageRange) {}); };
  collect();
  const auto chill = [&] { evict_from_caches({view->data(), view->size()}); };
  const double ns = cheapest(kFaultPages, chill, [&] {
    for (std::size_t page = 0; page < 2 * kFaultPages; page += 2) {
      *reinterpret_cast<volatile std::uint8_t*>(view->data() + page * kPageSize) = 2;
    }
    collect();
  });
  buffer->detach();
  return ns;
}

double measure_kernel_fault() {
  try {
    return measure_fault(MechanismKind::kUserfault);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kMechanismUnavailable) throw;
    return 0;
  }
}

Costs measure() {
  Costs costs;
  costs.signal_fault = measure_fault(MechanismKind::kWriteFault);
  costs.kernel_fault = measure_kernel_fault();
  std::vector<std::byte> from(kCopyBytes, std::byte{1});
  std::vector<std::byte> to(kCopyBytes, std::byte{2});
  const std::size_t pages = kCopyBytes / kPageSize;
  const auto chill = [&] {
    evict_from_caches(from);
    evict_from_caches(to);
  };
  costs.copy_page =
      cheapest(pages, chill, [&] { std::memcpy(to.data(), from.data(), kCopyBytes); });
  volatile int difference = 0;
  costs.compare_page =
      cheapest(pages, chill, [&] { difference = std::memcmp(to.data(), from.data(), kCopyBytes); });
  return costs;
}

/// ns per page; 0 until there is an observation.
std::atomic<double> observed{0};
static_assert(std::atomic<double>::is_always_lock_free);

}  // namespace

void observe_copy(std::size_t bytes, double ns) noexcept {
  // Small copies tell more of the clock and the call.
  constexpr std::size_t kPages = 16;
  if (bytes < kPages * kPageSize) return;
  const double page = ns * static_cast<double>(kPageSize) / static_cast<double>(bytes);
  // Relaxed, and not one step: an observation that is lost to another thread's is no loss.
  const double before = observed.load(std::memory_order_relaxed);
  observed.store(before == 0 ? page : before + (page - before) / 16, std::memory_order_relaxed);
}

double observed_copy_page(double calibrated) noexcept {
  const double page = observed.load(std::memory_order_relaxed);
  // A program that was interrupted in the middle of a copy must not turn everything around.
  return page == 0 ? calibrated : std::clamp(page, calibrated / 4, calibrated * 4);
}

const Costs& machine_costs() {
  static const Costs costs = measure();
  return costs;
}

}  // namespace mkwrite
