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
#include "memory/same_bytes.h"
#include "tracking/glances.h"
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

/// Writes every second page and collects, as an application would cause it.
Costs::Fault measure_fault(MechanismKind mechanism) {
  const auto buffer = BufferObject::create(2 * kFaultPages * kPageSize);
  const auto view = buffer->create_view();
  std::memset(view->data(), 1, view->size());
  Tracker& tracker =
      Tracker::begin(*buffer, make_policy(mechanism_name(mechanism), buffer->pages()));
  const auto collect = [&](PageRange pages) { tracker.collect(pages, [](PageRange) {}); };
  const auto write = [&](PageIndex page) {
    *reinterpret_cast<volatile std::uint8_t*>(view->data() + page * kPageSize) = 2;
  };
  collect(buffer->all_pages());
  const auto chill = [&] { evict_from_caches({view->data(), view->size()}); };
  Costs::Fault costs;
  costs.in_a_row = cheapest(kFaultPages, chill, [&] {
    for (PageIndex page = 0; page < buffer->pages(); page += 2) write(page);
    collect(buffer->all_pages());
  });
  costs.alone = cheapest(kFaultPages, chill, [&] {
    for (PageIndex page = 0; page < buffer->pages(); page += 2) {
      write(page);
      collect({page, 1});
    }
  });
  buffer->detach();
  return costs;
}

Costs::Fault measure_kernel_fault() {
  try {
    return measure_fault(MechanismKind::kUserfault);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kMechanismUnavailable) throw;
    return {};
  }
}

Costs measure() {
  Costs costs;
  costs.by_signal = measure_fault(MechanismKind::kWriteFault);
  costs.by_kernel = measure_kernel_fault();
  std::vector<std::byte> from(kCopyBytes, std::byte{1});
  std::vector<std::byte> to(kCopyBytes, std::byte{2});
  const std::size_t pages = kCopyBytes / kPageSize;
  const auto chill = [&] {
    evict_from_caches(from);
    evict_from_caches(to);
  };
  costs.copy_page =
      cheapest(pages, chill, [&] { std::memcpy(to.data(), from.data(), kCopyBytes); });
  volatile bool same = false;
  costs.compare_page =
      cheapest(pages, chill, [&] { same = same_bytes(to.data(), from.data(), kCopyBytes); });
  Glances glances(pages);
  volatile std::uint64_t differing = 0;
  costs.glance_page = cheapest(pages, chill, [&] {
    for (PageIndex first = 0; first < pages; first += Glances::kPages) {
      differing = glances.take(from.data(), first, ~std::uint64_t{0});
    }
  });
  return costs;
}

/// ns per page; 0 until there is an observation.
std::atomic<double> observed{0};
static_assert(std::atomic<double>::is_always_lock_free);

}  // namespace

std::optional<double> price_per_page(std::size_t bytes, double ns) noexcept {
  constexpr std::size_t kPages = 16;
  if (bytes < kPages * kPageSize) return std::nullopt;
  return ns * static_cast<double>(kPageSize) / static_cast<double>(bytes);
}

void observe_copy(double page) noexcept {
  // Relaxed, and not one step: an observation that is lost to another thread's is no loss.
  const double before = observed.load(std::memory_order_relaxed);
  observed.store(before == 0 ? page : before + (page - before) / 16, std::memory_order_relaxed);
}

double observed_copy_page(double calibrated) noexcept {
  const double page = observed.load(std::memory_order_relaxed);
  // What was written a moment ago is in a cache, and what is copied in vain is not. And a program
  // that was interrupted in the middle of a copy must not turn everything around.
  return std::clamp(page, calibrated, calibrated * 4);
}

const Costs& machine_costs() {
  static const Costs costs = measure();
  return costs;
}

}  // namespace mkwrite
