#include "measure/idle_collect.h"

#include <cstring>

#include "measure/bare_loop.h"
#include "measure/clock.h"
#include "memory/buffer_object.h"
#include "memory/error.h"
#include "tracking/tracker.h"

namespace mkwrite {
namespace {

constexpr std::size_t kWarmUpRounds = 32;

}  // namespace

void measure_idle_collects(std::string_view policy, std::size_t size, std::size_t rounds,
                           const std::function<void(std::int64_t, std::int64_t)>& visit) {
  const auto buffer = BufferObject::create(size);
  // Scans alone: nothing is copied.
  const auto bare = make_bare_loop(MechanismKind::kUserfault, buffer, nullptr);
  const auto view = buffer->create_view();
  std::memset(view->data(), 1, view->size());
  Tracker& tracker = Tracker::begin(*buffer, make_policy(policy, buffer->pages()));
  try {
    for (std::size_t round = 0; round < kWarmUpRounds + rounds; ++round) {
      const Stopwatch collecting;
      tracker.collect(buffer->all_pages(), [](PageRange /*run*/) {});
      const std::int64_t library_ns = collecting.elapsed_ns();
      const Stopwatch scanning;
      const std::size_t found = bare->take().size();
      const std::int64_t bare_ns = scanning.elapsed_ns();
      if (round < kWarmUpRounds) continue;
      if (found != 0) throw Error(ErrorCode::kSystem, "A scan found pages that nobody wrote.");
      visit(library_ns, bare_ns);
    }
  } catch (...) {
    buffer->detach();
    throw;
  }
  buffer->detach();
}

}  // namespace mkwrite
