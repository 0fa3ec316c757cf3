#include "coherence/resource.h"

#include <string>

#include "memory/error.h"

namespace mkwrite {
namespace {

std::unique_ptr<const SurfaceLayout> checked(std::unique_ptr<const SurfaceLayout> layout,
                                             std::size_t size) {
  // Boxes are turned into addresses without another look.
  if (layout != nullptr && layout->size() != size) {
    throw Error(ErrorCode::kInvalidArgument, "This surface has " + std::to_string(layout->size()) +
                                                 " bytes. Received " + std::to_string(size));
  }
  return layout;
}

}  // namespace

Resource::Resource(CoherentBuffer& buffer, ByteRange bytes, bool coherent,
                   std::unique_ptr<const SurfaceLayout> layout)
    : buffer_(&buffer),
      bytes_(bytes),
      pages_(pages_covering(bytes)),
      coherent_(coherent),
      layout_(checked(std::move(layout), bytes.size)),
      dirty_(pages_.count),
      device_dirty_(pages_.count) {}

Resource::Resource(std::size_t size, std::unique_ptr<DeviceAllocation> allocation,
                   std::unique_ptr<const SurfaceLayout> layout)
    : bytes_{0, size},
      layout_(checked(std::move(layout), size)),
      allocation_(std::move(allocation)) {}

PageRange Resource::pages_within(ByteRange bytes) const noexcept {
  const std::size_t first = bytes_.offset + bytes.offset;
  const std::size_t end = first + bytes.size;
  return PageRange::between(
      first <= bytes_.offset ? pages_.first : (first + kPageSize - 1) / kPageSize,
      end >= bytes_.end() ? pages_.end() : end / kPageSize);
}

}  // namespace mkwrite
