// Gives resources device memory, taking it from others when there is not enough.
#pragma once

#include <span>

#include "coherence/device.h"
#include "coherence/resource.h"

namespace mkwrite {

/// Looks whether all that `commands` need in device memory could be there at the same time, with
/// nothing else: else nothing should be evicted for it. Throws Error (kOutOfDeviceMemory).
void check_fits(const Device& device, std::span<const Command> commands);

/// Makes sure that `resource` has device memory. A coherent resource that was bound afresh is dirty
/// as a whole. Resources whose last use (Device::begin_use) is `in_use` or later keep theirs. Under
/// the device's submit mutex; may wait for the device. Throws Error (kOutOfDeviceMemory).
void place(Resource& resource, std::uint64_t in_use);

/// A resource of device memory alone, zeroed. Takes the submit mutex. Throws Error
/// (kOutOfDeviceMemory).
std::shared_ptr<Resource> allocate_resource(Device& device, std::size_t size,
                                            std::unique_ptr<const SurfaceLayout> layout = nullptr);

/// Takes device memory from a resource, reading back what the device wrote. Waits for the device.
/// Under the device's submit mutex.
void evict(Resource& resource);

/// Takes device memory from every resource that can do without. Likewise.
void evict_all(Device& device);

}  // namespace mkwrite
