#include "tracking/costs.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
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

}  // namespace

const Costs& machine_costs() {
  static const Costs costs = measure();
  return costs;
}

}  // namespace mkwrite
