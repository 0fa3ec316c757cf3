#include "measure/bare_loop.h"

#include <cstring>
#include <utility>

#include "measure/bare_compare.h"
#include "measure/bare_full.h"
#include "measure/bare_soft_dirty.h"
#include "measure/bare_userfault.h"
#include "measure/bare_write_fault.h"
#include "measure/clock.h"
#include "memory/error.h"

namespace mkwrite {

BareLoop::BareLoop(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy)
    : buffer_(std::move(buffer)), copy_(std::move(copy)), mapping_(buffer_->fd(), buffer_->size()) {
  // Every page present before it counts.
  std::memset(data(), 1, size());
  runs_.reserve(buffer_->pages());
}

BareLoop::Written BareLoop::write(const PageWrites& writes) {
  const Stopwatch stopwatch;
  write_pages(data(), writes);
  return {stopwatch.elapsed_ns(), 0};
}

const std::vector<PageRange>& BareLoop::take() {
  runs_.clear();
  collect();
  return runs_;
}

FrameResult BareLoop::run(const PageWrites& writes) {
  const std::uint64_t faults_before = minor_faults();
  const Written written = write(writes);
  const std::uint64_t faults = minor_faults() - faults_before + written.signals;

  const Stopwatch collecting;
  take();
  const std::int64_t collect_ns = collecting.elapsed_ns();
  const Stopwatch copying;
  for (const PageRange& run : runs_) copy_->update(data(), run);
  const std::int64_t copy_ns = copying.elapsed_ns();

  std::size_t reported = 0;
  for (const PageRange& run : runs_) reported += run.count;
  return {written.ns, collect_ns, copy_ns,
          faults,     reported,   copy_->count_stale(data(), writes.pages)};
}

std::unique_ptr<BareLoop> make_bare_loop(MechanismKind mechanism,
                                         std::shared_ptr<BufferObject> buffer,
                                         std::shared_ptr<DeviceCopy> copy) {
  switch (mechanism) {
    case MechanismKind::kWriteFault:
      return std::make_unique<BareWriteFault>(std::move(buffer), std::move(copy));
    case MechanismKind::kSoftDirty:
      return std::make_unique<BareSoftDirty>(std::move(buffer), std::move(copy));
    case MechanismKind::kUserfault:
      return std::make_unique<BareUserfault>(std::move(buffer), std::move(copy));
    case MechanismKind::kCompare:
      return std::make_unique<BareCompare>(std::move(buffer), std::move(copy));
    case MechanismKind::kFull:
      return std::make_unique<BareFull>(std::move(buffer), std::move(copy));
  }
  throw Error(ErrorCode::kInvalidArgument, "There is no bare loop for this mechanism.");
}

}  // namespace mkwrite
