#include "coherence/resource.h"

namespace mkwrite {

Resource::Resource(CoherentBuffer& buffer, ByteRange bytes, bool coherent)
    : buffer_(&buffer),
      bytes_(bytes),
      pages_(pages_covering(bytes)),
      coherent_(coherent),
      dirty_(pages_.count),
      device_dirty_(pages_.count) {}

Resource::Resource(std::size_t size, std::unique_ptr<DeviceAllocation> allocation)
    : bytes_{0, size}, allocation_(std::move(allocation)) {}

}  // namespace mkwrite
