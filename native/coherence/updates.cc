#include "coherence/updates.h"

#include "coherence/coherent_buffer.h"

namespace mkwrite {
namespace {

/// Sends bytes of the buffer object that lie in `resource`, whoever owns them.
std::size_t append(const Resource& resource, ByteRange bytes, std::vector<UpdateRun>& updates) {
  updates.push_back(
      {resource.buffer()->contents() + bytes.offset, resource.memory_at(bytes).data(), bytes.size});
  return bytes.size;
}

UpdateSize append_boxes(const Resource& resource, const SurfaceLayout& layout,
                        std::span<const PageRange> dirty, std::vector<UpdateRun>& updates) {
  const std::size_t origin = resource.bytes().offset;
  std::vector<Box> boxes(layout.subresources());
  for (const PageRange& pages : dirty) {
    const ByteRange bytes = resource.bytes_in(pages);
    layout.for_each_box(
        {bytes.offset - origin, bytes.size},
        [&](std::uint32_t index, const Box& box) { boxes[index] = boxes[index].unite(box); });
  }
  UpdateSize size;
  for (std::uint32_t index = 0; index < boxes.size(); ++index) {
    if (boxes[index].empty()) continue;
    ++size.boxes;
    layout.for_each_run(index, boxes[index], [&](ByteRange run) {
      const ByteRange bytes{origin + run.offset, run.size};
      // A box is wider than what was written. Of pages that are clean its bytes are what the device
      // has already; of pages that the device owns they are older than what it has.
      if (!resource.device_dirty()) {
        size.bytes += append(resource, bytes, updates);
        return;
      }
      resource.for_each_device_clean_run(pages_covering(bytes), [&](PageRange clean) {
        size.bytes += append(resource, bytes_of(clean).intersect(bytes), updates);
      });
    });
  }
  return size;
}

}  // namespace

UpdateSize append_updates(const Resource& resource, std::span<const PageRange> dirty,
                          std::vector<UpdateRun>& updates) {
  if (dirty.empty()) return {};
  if (resource.layout() != nullptr) {
    return append_boxes(resource, *resource.layout(), dirty, updates);
  }
  UpdateSize size;
  for (const PageRange& pages : dirty) {
    resource.for_each_device_clean_run(pages, [&](PageRange clean) {
      size.bytes += append(resource, resource.bytes_in(clean), updates);
    });
  }
  return size;
}

}  // namespace mkwrite
