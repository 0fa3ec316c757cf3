#include "stress/commands.h"

#include <cstring>

#include "device/kernels.h"

namespace mkwrite::stress {
namespace {

/// Within the part's resource.
ByteRange relative(const Place& place) noexcept {
  return {place.bytes.offset - place.part->bytes.offset, place.bytes.size};
}

class Stamp final : public Kernel {
 public:
  Stamp(ByteRange bytes, std::size_t owners, Sequence sequence, Counts& counts) noexcept
      : bytes_(bytes), owners_(owners), sequence_(sequence), counts_(counts) {}

  void run(std::span<const std::span<std::byte>> operands) noexcept override {
    std::uint64_t written = 0;
    for_each_slot(bytes_, kDevice, owners_, [&](Slot slot) {
      const std::uint64_t value = encode(slot, sequence_);
      // Device memory begins where the resource does, so slots need not be aligned in it.
      std::memcpy(operands[0].data() + (slot * kSlotSize - bytes_.offset), &value, kSlotSize);
      ++written;
    });
    counts_.device_writes += written;
  }

 private:
  ByteRange bytes_;
  std::size_t owners_;
  Sequence sequence_;
  Counts& counts_;
};

class Check final : public Kernel {
 public:
  Check(std::size_t offset, std::vector<Arrival> arrivals, Counts& counts) noexcept
      : offset_(offset), arrivals_(std::move(arrivals)), counts_(counts) {}

  void run(std::span<const std::span<std::byte>> operands) noexcept override {
    counts_.lost_updates += count_missing(arrivals_, operands[0].data(), offset_);
  }

 private:
  std::size_t offset_;
  std::vector<Arrival> arrivals_;
  Counts& counts_;
};

Command make_command(const Place& place, bool writes, std::unique_ptr<Kernel> kernel) {
  Command command;
  command.operands.push_back({place.part->resource, relative(place), !writes, writes});
  command.kernel = std::move(kernel);
  return command;
}

}  // namespace

Command make_stamp(const Place& place, Sequence sequence, Counts& counts) {
  return make_command(place, true,
                      std::make_unique<Stamp>(place.bytes, place.arena->owners, sequence, counts));
}

Command make_check(const Place& place, std::vector<Arrival> arrivals, Counts& counts) {
  return make_command(place, false,
                      std::make_unique<Check>(place.bytes.offset, std::move(arrivals), counts));
}

Command make_copy_to_target(const Place& place) {
  return make_copy({place.part->resource, relative(place)}, {place.part->target, relative(place)});
}

}  // namespace mkwrite::stress
