#include "coherence/placement.h"

#include <algorithm>
#include <string>
#include <vector>

#include "coherence/coherent_buffer.h"
#include "memory/error.h"

namespace mkwrite {
namespace {

/// Throws Error if `size` bytes are more than `device` has at all.
void check_capacity(const Device& device, std::size_t size) {
  if (size <= device.capacity()) return;
  throw Error(ErrorCode::kOutOfDeviceMemory,
              "This takes " + std::to_string(size) + " bytes of device memory at once, and there " +
                  "are " + std::to_string(device.capacity()) + " in all. Use fewer or smaller " +
                  "resources at once, or create the device with more memory.");
}

std::unique_ptr<DeviceAllocation> allocate_evicting(Device& device, std::size_t size,
                                                    std::uint64_t in_use) {
  check_capacity(device, size);
  for (;;) {
    if (auto allocation = device.allocate(size)) return allocation;
    const Residency::Resident victim = device.residency().take_least_recently_used(in_use);
    if (!victim) {
      throw Error(ErrorCode::kOutOfDeviceMemory,
                  "The device has no " + std::to_string(size) +
                      " bytes left, even with every idle resource evicted. Use fewer or smaller "
                      "resources at once, or create the device with more memory.");
    }
    evict(*victim.resource);
  }
}

}  // namespace

void check_fits(const Device& device, std::span<const Command> commands) {
  std::vector<const Resource*> needed;
  for (const Command& command : commands) {
    for (const Operand& operand : command.operands) {
      if (!operand.discards) needed.push_back(operand.resource.get());
    }
  }
  std::ranges::sort(needed);
  const auto repeated = std::ranges::unique(needed);
  needed.erase(repeated.begin(), repeated.end());
  std::size_t bytes = 0;
  // Each begins at a page.
  for (const Resource* resource : needed) {
    bytes += pages_covering({0, resource->size()}).count * kPageSize;
  }
  check_capacity(device, bytes);
}

void place(Resource& resource, std::uint64_t in_use) {
  if (resource.bound()) return;
  CoherentBuffer& buffer = *resource.buffer();
  Device& device = buffer.device();
  auto allocation = allocate_evicting(device, resource.size(), in_use);
  if (!resource.coherent()) {
    // Explicitly synchronised: starts as zeros, and stays, since reading it back on eviction would
    // overwrite what the CPU has not flushed.
    resource.bind(std::move(allocation));
    return;
  }
  device.residency().add({buffer.buffer().shared_from_this(), resource.shared_from_this()});
  // Bound first: from here on dirt is handed to it, and what came before is found in the file.
  buffer.locked([&] { resource.bind(std::move(allocation)); });
  buffer.buffer().for_each_data_run(
      resource.pages(), [&](PageRange run) { buffer.locked([&] { resource.add_dirty(run); }); });
}

std::shared_ptr<Resource> allocate_resource(Device& device, std::size_t size,
                                            std::unique_ptr<const SurfaceLayout> layout) {
  const std::lock_guard submit(device.submit_mutex());
  return std::make_shared<Resource>(size, allocate_evicting(device, size, device.begin_use()),
                                    std::move(layout));
}

void evict(Resource& resource) {
  CoherentBuffer& buffer = *resource.buffer();
  Device& device = buffer.device();
  device.settle();
  buffer.tracker()->read_back(resource.pages());
  buffer.locked([&] {
    resource.unbind();
    resource.clear_dirty(resource.pages());
    resource.pending_writes.clear();
  });
}

void evict_all(Device& device) {
  const std::uint64_t now = device.begin_use();
  while (const auto victim = device.residency().take_least_recently_used(now)) {
    evict(*victim.resource);
  }
}

}  // namespace mkwrite
