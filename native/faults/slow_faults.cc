#include "faults/slow_faults.h"

#if defined(MKWRITE_SEAMS)
#include <time.h>

#include <cstdint>
#include <cstdlib>

#include "faults/seam.h"
#endif

namespace mkwrite {

#if defined(MKWRITE_SEAMS)
namespace {

std::int64_t extra_ns = 0;  // set before any fault

std::int64_t monotonic_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void dawdle(Seam where) noexcept {
  if (where != Seam::kHandlerBeforeLookup) return;
  const std::int64_t end = monotonic_ns() + extra_ns;
  while (monotonic_ns() < end) {
  }
}

}  // namespace

void slow_faults_from_environment() noexcept {
  // Only where nobody changes the environment meanwhile: when the addon is loaded, and in tests.
  const char* const text = std::getenv("MKWRITE_SLOW_FAULT_NS");  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr) return;
  extra_ns = std::strtoll(text, nullptr, 10);
  seam_callback.store(dawdle);
}
#else
void slow_faults_from_environment() noexcept {}
#endif

}  // namespace mkwrite
