#include "stress/device_traffic.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "coherence/coherent_buffer.h"
#include "coherence/placement.h"
#include "coherence/validation.h"
#include "memory/error.h"
#include "tracking/costs.h"

namespace mkwrite::stress {
namespace {

constexpr std::size_t kInFlight = 4;
constexpr std::size_t kStamps = 12;         ///< per submission, about
constexpr std::size_t kPagesPerStamp = 16;  ///< at most
constexpr std::size_t kPagesPerLook = 64;   ///< mostly, at most
// How rare things are: once in so many frames.
constexpr std::size_t kInjectedFault = 256;
constexpr std::size_t kMark = 8;

/// Once in so many frames the device rests until the writers have written so much, or have had
/// their time. Where faults are slow they would reach few of its pages else.
constexpr std::size_t kRest = 4;
constexpr std::uint64_t kWritesPerRest = 4096;
constexpr std::chrono::milliseconds kLongestRest{20};

constexpr std::size_t kPartsPerArena = 2;
/// Resources that cannot be in device memory at the same time as all others.
constexpr std::size_t kHomeless = 2;

/// A bus before which comparing pays: in how many times of a local copy a page crosses it.
constexpr double kSlowCopies = 16;

/// A device that takes longer is stuck; emulated machines are slow.
constexpr std::chrono::seconds kPatience{60};

/// The two resources of an arena of that many pages. They share a page, their border is no multiple
/// of anything, and behind the second are bytes that belong to none. Both take `pages` / 2 pages of
/// device memory, so that one fits where the other was.
std::array<ByteRange, kPartsPerArena> part_bytes(std::size_t pages) noexcept {
  const std::size_t border = pages / 2 * kPageSize - kPageSize / 3;
  return {ByteRange{0, border}, ByteRange::between(border, pages * kPageSize - kPageSize / 2)};
}

}  // namespace

DeviceTraffic::DeviceTraffic(Counts& counts, std::uint64_t seed, const Grounds& grounds)
    : Traffic(counts, seed) {
  const std::size_t part_count = grounds.arenas * kPartsPerArena;
  EmulatedDevice::Options options;
  // A target for each part.
  options.memory = (2 * part_count - kHomeless) * ((grounds.pages + 1) / 2) * kPageSize;
  options.lockup_timeout = kPatience;
  if (grounds.trims) {
    options.bandwidth =
        1e9 * static_cast<double>(kPageSize) / (kSlowCopies * machine_costs().copy_page);
  }
  device_ = std::make_shared<EmulatedDevice>(std::move(options));
  try {
    while (arenas_.size() < grounds.arenas) add_arena(grounds);
  } catch (...) {
    device_->stop();
    throw;
  }
}

DeviceTraffic::~DeviceTraffic() {
  // Before the last reference goes; faults may still wait for what is queued.
  device_->stop();
}

void DeviceTraffic::add_arena(const Grounds& grounds) {
  auto arena = std::make_unique<Arena>(grounds);
  CoherentBuffer& buffer = CoherentBuffer::attach(*arena->buffer, device_, grounds.make_policy());
  arena->tracker = buffer.tracker();
  for (const ByteRange& bytes : part_bytes(grounds.pages)) {
    arena->parts.emplace_back(bytes, buffer.create_resource(bytes, true),
                              allocate_resource(*device_, bytes.size));
  }
  arenas_.push_back(std::move(arena));
}

// --- Frames --------------------------------------------------------------------------------------

void DeviceTraffic::frame() {
  while (in_flight_.size() >= kInFlight) finish_oldest();
  if (random_.one_in(kRest)) rest();
  Arena& arena = any_used_arena(arenas_, random_);
  std::vector<Command> commands;
  {
    const auto [part, range] = any_range(arena, kPagesPerLook);
    const bool whole = &arena == &streamed_arena(arenas_) ? !random_.one_in(4) : random_.one_in(16);
    const PageRange pages = whole ? part->pages : range;
    const Place place{&arena, part, bytes_of(pages).intersect(part->bytes)};
    commands.push_back(make_check(place, sample_arrivals(arena, place.bytes, random_), counts_));
    commands.push_back(make_copy_to_target(place));
  }
  std::vector<Stamped> stamps;
  std::vector<PageIndex> pages;
  const std::size_t stamp_count = random_.one_in(8) ? 0 : kStamps / 4 + random_.below(kStamps);
  for (std::size_t left = stamp_count; left > 0; --left) {
    const auto [part, range] = any_range(arena, kPagesPerStamp);
    const Place place{&arena, part, bytes_of(range).intersect(part->bytes)};
    commands.push_back(make_stamp(place, ++sequence_, counts_));
    stamps.push_back({&arena, part, range, sequence_});
    for (PageIndex page = range.first; page < range.end(); ++page) pages.push_back(page);
  }
  std::ranges::sort(pages);
  const auto repeated = std::ranges::unique(pages);
  pages.erase(repeated.begin(), repeated.end());
  const std::uint64_t now = arena.frame.load(std::memory_order_relaxed);
  const auto conflicts = std::ranges::count_if(pages, [&](PageIndex page) {
    return arena.cpu_frame[page].load(std::memory_order_relaxed) == now;
  });

  if (random_.one_in(kInjectedFault)) {
    device_->refuse_next_update();
    refusing_ = true;
  }
  const Seqno seqno = try_submit(std::move(commands));
  if (seqno == 0) return;
  expect(stamps);
  if (!stamps.empty() && random_.one_in(kMark)) {
    // Nobody wrote there, and the device owns most of it: its result must not be overwritten by
    // what is reported too much (rule 7).
    arena.tracker->mark_dirty(stamps.front().pages);
    ++counts_.marks;
  }
  counts_.same_page_conflicts += static_cast<std::uint64_t>(conflicts);
  arena.frame.store(now + 1, std::memory_order_relaxed);
  in_flight_.push_back({seqno, std::move(stamps)});
}

void DeviceTraffic::rest() {
  while (!in_flight_.empty()) finish_oldest();
  const std::uint64_t enough = counts_.cpu_writes.load() + kWritesPerRest;
  const auto end = std::chrono::steady_clock::now() + kLongestRest;
  while (counts_.cpu_writes.load() < enough && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

std::pair<Part*, PageRange> DeviceTraffic::any_range(Arena& arena, std::size_t longest) noexcept {
  Part* part = &arena.parts[random_.below(arena.parts.size())];
  PageRange within = part->pages;
  if (!random_.one_in(8)) {
    // Where everybody meets, there may be one part or two.
    const PageRange hot = arena.hot();
    if (hot.intersect(within).empty()) {
      part = &*std::ranges::find_if(
          arena.parts, [&](const Part& other) { return !hot.intersect(other.pages).empty(); });
    }
    within = hot.intersect(part->pages);
  }
  return {part, PageRange{within.first + random_.below(within.count), 1 + random_.below(longest)}
                    .intersect(within)};
}

Seqno DeviceTraffic::try_submit(std::vector<Command> commands) {
  const std::size_t bound_before = bound_parts();
  std::size_t newly_bound = 0;
  std::vector<Resource*> resources;
  for (const Command& command : commands) {
    for (const Operand& operand : command.operands) resources.push_back(operand.resource.get());
  }
  std::ranges::sort(resources);
  const auto repeated = std::ranges::unique(resources);
  resources.erase(repeated.begin(), repeated.end());
  for (const Resource* resource : resources) newly_bound += resource->bound() ? 0 : 1;

  Seqno seqno = 0;
  try {
    seqno = submit(*device_, std::move(commands));
    ++counts_.submissions;
  } catch (const Error& error) {
    // Nothing was queued, and what was dirty still is: the comparisons tell (promise C5).
    if (error.code() == ErrorCode::kBusy) {
      ++counts_.busy;
    } else if (refusing_ && error.code() == ErrorCode::kSystem) {
      ++counts_.refused;
      refusing_ = false;
    } else {
      throw;
    }
  }
  counts_.evictions += bound_before + newly_bound - bound_parts();
  return seqno;
}

void DeviceTraffic::expect(const std::vector<Stamped>& stamps) {
  for (const Stamped& stamp : stamps) {
    const ByteRange bytes = bytes_of(stamp.pages).intersect(stamp.part->bytes);
    for_each_slot(bytes, kDevice, stamp.arena->owners,
                  [&](Slot slot) { stamp.arena->expected[slot].store(stamp.sequence); });
  }
}

std::size_t DeviceTraffic::bound_parts() const noexcept {
  std::size_t bound = 0;
  for (const auto& arena : arenas_) {
    for (const Part& part : arena->parts) bound += part.resource->bound() ? 1 : 0;
  }
  return bound;
}

void DeviceTraffic::wait(Seqno seqno) {
  if (device_->timeline().wait(seqno, kPatience) == FenceTimeline::WaitResult::kSignaled) return;
  throw Error(ErrorCode::kDeviceLost, "The device of the stress test was lost, or is stuck.");
}

void DeviceTraffic::finish_oldest() {
  const InFlight oldest = std::move(in_flight_.front());
  in_flight_.pop_front();
  wait(oldest.seqno);
  for (const Stamped& stamp : oldest.stamps) {
    Arena& arena = *stamp.arena;
    for (PageIndex page = stamp.pages.first; page < stamp.pages.end(); ++page) {
      stamp.part->promised[page - stamp.part->pages.first].store(stamp.sequence,
                                                                 std::memory_order_release);
    }
    // A look at one page, through any view; the writers look at others. Most stay device-owned.
    const PageIndex page = stamp.pages.first + random_.below(stamp.pages.count);
    const View& view = arena.any_view(random_);
    for_each_slot(bytes_of({page, 1}).intersect(stamp.part->bytes), kDevice, arena.owners,
                  [&](Slot slot) {
                    const auto found = decode(slot, load_slot(view.data(), slot));
                    if (!found || *found < stamp.sequence) ++counts_.stale_reads;
                  });
  }
}

// --- Quiescent points
// ------------------------------------------------------------------------------

void DeviceTraffic::settle() {
  while (!in_flight_.empty()) finish_oldest();
  for (const auto& each : arenas_) {
    Arena& arena = *each;
    for (int i = 0; i < kQuietCollects; ++i) {
      std::vector<Command> commands;
      commands.reserve(arena.parts.size());
      for (const Part& part : arena.parts) {
        commands.push_back(make_copy_to_target({&arena, &part, part.bytes}));
      }
      wait(try_submit(std::move(commands)));
    }
    std::vector<std::byte> memory;
    for (const Part& part : arena.parts) {
      memory.resize(part.bytes.size);
      device_->peek(*part.target, 0, memory);
      const Arena::Differences found = arena.compare(memory, part.bytes);
      counts_.lost_updates += found.of_writers + found.of_device;
    }
    compare_view(arena);
    arena.begin_round(random_, arena.parts[0].pages.end() - 1);
  }
  ++counts_.comparisons;
}

}  // namespace mkwrite::stress
