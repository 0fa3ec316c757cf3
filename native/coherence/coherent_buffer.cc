#include "coherence/coherent_buffer.h"

#include <algorithm>
#include <cstring>

#include "coherence/placement.h"
#include "faults/mutant.h"
#include "memory/error.h"

namespace mkwrite {

CoherentBuffer::CoherentBuffer(BufferObject& buffer, std::shared_ptr<Device> device)
    : buffer_(buffer), device_(std::move(device)) {}

CoherentBuffer::~CoherentBuffer() = default;

CoherentBuffer& CoherentBuffer::attach(BufferObject& buffer, std::shared_ptr<Device> device,
                                       std::unique_ptr<Policy> policy) {
  std::shared_ptr<CoherentBuffer> made(new CoherentBuffer(buffer, std::move(device)));
  CoherentBuffer& attached = *made;
  if (policy) {
    made->tracker_.emplace(buffer, std::move(policy)).set_owner(attached);
  }
  buffer.attach(std::move(made));
  if (attached.tracker_) attached.tracker_->report_existing_data();
  return attached;
}

void CoherentBuffer::view_created(View& view) {
  if (tracker_) tracker_->view_created(view);
}

void CoherentBuffer::view_destroyed(View& view) noexcept {
  if (tracker_) tracker_->view_destroyed(view);
}

void CoherentBuffer::begin_access(PageRange range, bool writable) {
  if (tracker_) tracker_->begin_access(range, writable);
}

void CoherentBuffer::end_access(PageRange range, bool writable) noexcept {
  if (tracker_) tracker_->end_access(range, writable);
}

// --- Resources -----------------------------------------------------------------------------------

std::shared_ptr<Resource> CoherentBuffer::create_resource(
    ByteRange bytes, bool coherent, std::unique_ptr<const SurfaceLayout> layout) {
  if (bytes.empty() || !ByteRange{0, buffer_.size()}.contains(bytes)) {
    throw Error(ErrorCode::kOutOfRange,
                "A resource lies within its buffer object of " + std::to_string(buffer_.size()) +
                    " bytes. Received offset " + std::to_string(bytes.offset) + " and size " +
                    std::to_string(bytes.size));
  }
  if (coherent && !tracker_) {
    throw Error(ErrorCode::kInvalidArgument,
                "This buffer object has no policy, so its resources cannot be coherent. Create the "
                "buffer object with a policy, or the resource with coherent: false.");
  }
  auto resource = std::make_shared<Resource>(*this, bytes, coherent, std::move(layout));
  const std::lock_guard submit(device_->submit_mutex());
  owned_resources_.reserve(owned_resources_.size() + 1);
  locked([&] { index_.add(bytes, resource.get()); });
  owned_resources_.push_back(resource);
  return resource;
}

void CoherentBuffer::destroy_resource(const std::shared_ptr<Resource>& resource) {
  const std::lock_guard submit(device_->submit_mutex());
  if (tracker_ && resource->coherent()) tracker_->read_back(resource->pages());
  locked([&] { index_.remove(resource.get()); });
  std::erase(owned_resources_, resource);
}

void CoherentBuffer::forget_resources() {
  std::vector<std::shared_ptr<Resource>> forgotten;  // let go after the locks
  const std::lock_guard submit(device_->submit_mutex());
  locked([&] {
    const auto wanted = std::ranges::stable_partition(
        owned_resources_, [](const auto& resource) { return resource->device_dirty(); });
    for (const auto& resource : wanted) index_.remove(resource.get());
    forgotten.assign(wanted.begin(), wanted.end());
    owned_resources_.erase(wanted.begin(), wanted.end());
  });
}

void CoherentBuffer::distribute(PageRange pages) noexcept {
  [[maybe_unused]] bool given = false;
  index_.for_each_overlapping(bytes_of(pages), [&](Resource& resource) {
    if (kMutant == Mutant::kDirtForOneResource && std::exchange(given, true)) return;
    // One without device memory gets everything when it is bound.
    if (resource.coherent() && resource.bound()) resource.add_dirty(pages);
  });
}

// --- Explicit synchronisation --------------------------------------------------------------------

void CoherentBuffer::flush(ByteRange bytes) {
  const std::lock_guard submit(device_->submit_mutex());
  std::vector<UpdateRun> runs;
  const auto send = [&](Resource& resource, ByteRange part) {
    runs.push_back({buffer_.alias() + part.offset, resource.memory_at(part).data(), part.size,
                    resource.shared_from_this()});
    stats.bytes_updated += part.size;
  };
  const std::uint64_t use = device_->begin_use();
  std::vector<Resource*> resources;
  index_.for_each_overlapping(bytes, [&](Resource& found) {
    found.last_use = use;
    resources.push_back(&found);
  });
  for (Resource* resource : resources) {
    // A coherent one without device memory gets everything when it is bound.
    if (!resource->coherent()) place(*resource, use);
  }
  std::vector<PageRange> around_twin;
  locked([&] {
    for (Resource* resource : resources) {
      if (!resource->bound()) continue;
      const ByteRange part = bytes.intersect(resource->bytes());
      // Device-owned pages are left alone (rule 7 in docs/rules.md): what the device wrote last is
      // newer than what lies in the buffer object.
      resource->for_each_device_clean_run(pages_covering(part), [&](PageRange run) {
        send(*resource, bytes_of(run).intersect(part));
        if (resource->coherent()) around_twin.push_back(run);
      });
    }
  });
  // The device gets what a twin has not: should it change back, nothing would differ.
  if (contents() != buffer_.alias()) {
    for (const PageRange& run : around_twin) tracker_->mark_dirty(run);
  }
  device_->update(runs);
}

void CoherentBuffer::invalidate(ByteRange bytes) {
  const std::lock_guard submit(device_->submit_mutex());
  device_->settle();
  if (tracker_) tracker_->read_back(pages_covering(bytes));
  index_.for_each_overlapping(bytes, [&](const Resource& resource) {
    if (resource.coherent() || !resource.bound()) return;
    const ByteRange part = bytes.intersect(resource.bytes());
    std::memcpy(buffer_.alias() + part.offset, resource.memory_at(part).data(), part.size);
    stats.bytes_read_back += part.size;
    // Coherent resources that share these bytes have an older copy now, and so has a twin.
    if (tracker_) tracker_->mark_dirty(pages_covering(part));
  });
}

void CoherentBuffer::read_back_all() noexcept {
  if (tracker_) tracker_->read_back(buffer_.all_pages());
}

void CoherentBuffer::note_read_backs() {
  PageBitmap made(buffer_.pages());
  locked([&] {
    if (read_backs_.pages() == 0) std::swap(made, read_backs_);
  });
}

std::vector<PageRange> CoherentBuffer::take_read_backs() {
  std::vector<PageRange> taken;
  locked([&] {
    read_backs_.for_each_run(read_backs_.all(), [&](PageRange run) { taken.push_back(run); });
    read_backs_.clear();
  });
  return taken;
}

// --- DeviceOwner: runs in the signal handler, under the tracker's lock
// ----------------------------

Seqno CoherentBuffer::pending_write(PageRange pages) const noexcept {
  Seqno latest = 0;
  index_.for_each_overlapping(bytes_of(pages), [&](const Resource& resource) {
    for (const Resource::PendingWrite& write : resource.pending_writes) {
      if (write.seqno > latest && !write.pages.intersect(pages).empty() &&
          device_->status(write.seqno) == FenceStatus::kPending) {
        latest = write.seqno;
      }
    }
  });
  return latest;
}

PageRange CoherentBuffer::resource_around(PageIndex page) const noexcept {
  PageRange around{page, 1};
  index_.for_each_overlapping(bytes_of({page, 1}), [&](const Resource& resource) {
    const PageRange pages = resource.pages();
    around = PageRange::between(std::min(around.first, pages.first),
                                std::max(around.end(), pages.end()));
  });
  return around;
}

void CoherentBuffer::wait(Seqno seqno) noexcept { device_->wait_in_fault(seqno); }

bool CoherentBuffer::any_lost(const Resource& resource, PageRange pages) const noexcept {
  return std::ranges::any_of(resource.pending_writes, [&](const auto& write) {
    return !write.pages.intersect(pages).empty() &&
           device_->status(write.seqno) == FenceStatus::kLost;
  });
}

void CoherentBuffer::fetch(const Resource& resource, PageRange pages) noexcept {
  if (any_lost(resource, pages)) {
    if (pages.count == 1) return;
    for (PageIndex page = pages.first; page < pages.end(); ++page) fetch(resource, {page, 1});
    return;
  }
  const ByteRange bytes = resource.bytes_in(pages);
  std::memcpy(buffer_.alias() + bytes.offset, resource.memory_at(bytes).data(), bytes.size);
  stats.bytes_read_back += bytes.size;
}

void CoherentBuffer::read_back(PageRange pages) noexcept {
  index_.for_each_overlapping(bytes_of(pages), [&](Resource& resource) {
    if (!resource.coherent()) return;
    resource.for_each_device_dirty_run(pages, [&](PageRange run) {
      if (read_backs_.pages() != 0) read_backs_.set(run);
      const ByteRange bytes = resource.bytes_in(run);
      fetch(resource, run);
      // Resources that share these bytes have an older copy now.
      index_.for_each_overlapping(bytes, [&](Resource& other) {
        if (&other != &resource && other.coherent() && other.bound()) {
          other.add_dirty(pages_covering(bytes));
        }
      });
    });
    resource.clear_device_dirty(pages);
  });
}

}  // namespace mkwrite
