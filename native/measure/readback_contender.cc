#include "measure/readback_contender.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "coherence/validation.h"
#include "device/kernels.h"
#include "measure/clock.h"
#include "memory/error.h"

namespace mkwrite {
namespace {

constexpr auto kLockupTimeout = std::chrono::seconds(60);

EmulatedDevice::Options options_for(std::size_t size) {
  EmulatedDevice::Options options;
  options.memory = size;
  options.lockup_timeout = kLockupTimeout;
  return options;
}

std::byte read(const std::byte* address) noexcept {
  return *static_cast<const volatile std::byte*>(address);
}

}  // namespace

ReadbackContender::ReadbackContender(std::string_view name, BufferLayout layout) {
  const std::size_t size = layout.pages() * kPageSize;
  const bool tracks = name != "explicit";
  auto policy = tracks ? make_policy(name, layout.pages()) : nullptr;
  buffer_ = BufferObject::create(size);
  view_ = buffer_->create_view();
  std::memset(view_->data(), 1, size);
  device_ = std::make_shared<EmulatedDevice>(options_for(size));
  coherent_ = &CoherentBuffer::attach(*buffer_, device_, std::move(policy));
  resource_ = coherent_->create_resource({0, size}, tracks);
}

ReadbackContender::~ReadbackContender() {
  device_->stop();
  coherent_->read_back_all();
  buffer_->detach();
}

std::vector<Command> ReadbackContender::commands_for(const Frame& frame, std::uint8_t value) const {
  std::vector<Command> commands;
  commands.reserve(frame.runs.size());
  for (const PageRange& run : frame.runs) {
    commands.push_back(make_fill({resource_, bytes_of(run)}, value));
  }
  return commands;
}

std::uint64_t ReadbackContender::faults() const {
  const Tracker* const tracker = coherent_->tracker();
  return minor_faults() + (tracker == nullptr ? 0 : tracker->stats().read_faults);
}

FrameResult ReadbackContender::run(const Frame& frame) {
  // Different in each of 255 frames in a row, so that what was not read back is noticed.
  const auto value = static_cast<std::uint8_t>(frame.writes.stamp % 255);
  std::vector<Command> commands = commands_for(frame, value);
  FrameResult result;
  // As a GPU is, or what it wrote would be found in this processor's cache in some turns.
  device_->keep_apart();
  const std::uint64_t faults_before = faults();
  const Stopwatch submitting;
  if (!commands.empty()) {
    const Seqno seqno = submit(*device_, std::move(commands));
    device_->timeline().wait(seqno, kLockupTimeout);
  }
  result.collect_ns = submitting.elapsed_ns();

  std::size_t wrong = 0;
  const Stopwatch reading;
  if (coherent_->tracker() == nullptr) {
    for (const PageRange& run : frame.runs) coherent_->invalidate(bytes_of(run));
  }
  for (const std::uint32_t page : frame.writes.pages) {
    if (read(view_->data() + page * kPageSize) != std::byte{value}) ++wrong;
  }
  result.copy_ns = reading.elapsed_ns();
  result.faults = faults() - faults_before;
  for (const PageRange& run : frame.runs) result.reported_pages += run.count;
  result.lost_pages = std::max(wrong, count_stale(frame, value));
  return result;
}

std::size_t ReadbackContender::count_stale(const Frame& frame, std::uint8_t value) const {
  const std::vector<std::byte> wanted(kPageSize, std::byte{value});
  return static_cast<std::size_t>(
      std::ranges::count_if(frame.writes.pages, [&](std::uint32_t page) {
        return std::memcmp(view_->data() + page * kPageSize, wanted.data(), kPageSize) != 0;
      }));
}

}  // namespace mkwrite
