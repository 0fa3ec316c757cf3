// An emulated device and buffer objects under its coherence protocol, with the few operations that
// tests do with them.
#pragma once

#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include "coherence/coherent_buffer.h"
#include "coherence/placement.h"
#include "coherence/validation.h"
#include "device/emulated_device.h"
#include "device/kernels.h"
#include "memory/error.h"
#include "tracked_buffer.h"

namespace mkwrite::test {

class TestDevice {
 public:
  explicit TestDevice(std::size_t memory = std::size_t{16} << 20U,
                      std::chrono::nanoseconds lockup_timeout = std::chrono::seconds(200),
                      double bandwidth = 0)
      : device_(std::make_shared<EmulatedDevice>(options(memory, lockup_timeout, bandwidth))) {}
  TestDevice(const TestDevice&) = delete;
  TestDevice& operator=(const TestDevice&) = delete;
  ~TestDevice() { device_->stop(); }

  EmulatedDevice* operator->() const { return device_.get(); }
  EmulatedDevice& operator*() const { return *device_; }
  std::shared_ptr<Device> shared() const { return device_; }

  Seqno fill(const std::shared_ptr<Resource>& resource, std::uint8_t value) const {
    return fill(resource, {0, resource->size()}, value);
  }
  Seqno fill(const std::shared_ptr<Resource>& resource, ByteRange bytes, std::uint8_t value) const {
    return submit_one(make_fill({resource, bytes}, value));
  }
  Seqno copy(const std::shared_ptr<Resource>& from, const std::shared_ptr<Resource>& to) const {
    return submit_one(make_copy({from, {0, from->size()}}, {to, {0, from->size()}}));
  }
  FenceTimeline::WaitResult wait(Seqno seqno) const {
    return device_->timeline().wait(seqno, FenceTimeline::Timeout(-1));
  }

  /// The byte of device memory at `offset` of a resource.
  std::uint8_t peek(const Resource& resource, std::size_t offset) const {
    std::byte byte{};
    device_->peek(resource, offset, {&byte, 1});
    return std::to_integer<std::uint8_t>(byte);
  }

 private:
  static EmulatedDevice::Options options(std::size_t memory,
                                         std::chrono::nanoseconds lockup_timeout,
                                         double bandwidth) {
    EmulatedDevice::Options made;
    made.memory = memory;
    made.lockup_timeout = lockup_timeout;
    made.bandwidth = bandwidth;
    return made;
  }

  Seqno submit_one(Command command) const {
    std::vector<Command> commands;
    commands.push_back(std::move(command));
    return submit(*device_, std::move(commands));
  }

  std::shared_ptr<EmulatedDevice> device_;
};

/// A buffer object of a device, with one view.
class CoherentFixture {
 public:
  CoherentFixture(const TestDevice& device, std::size_t pages, std::string_view policy)
      : CoherentFixture(device, pages, make_policy(policy, pages)) {}
  CoherentFixture(const TestDevice& device, std::size_t pages, std::unique_ptr<Policy> policy)
      : buffer(BufferObject::create(pages * kPageSize)),
        coherent(CoherentBuffer::attach(*buffer, device.shared(), std::move(policy))),
        view(buffer->create_view()) {}
  CoherentFixture(const TestDevice& device, std::size_t pages, MechanismKind kind)
      : CoherentFixture(device, pages, mechanism_name(kind)) {}

  std::shared_ptr<Resource> whole() const { return resource({0, buffer->size()}); }
  std::shared_ptr<Resource> resource(ByteRange bytes) const {
    return coherent.create_resource(bytes, true);
  }

  const std::shared_ptr<BufferObject> buffer;
  CoherentBuffer& coherent;
  const std::shared_ptr<View> view;
};

}  // namespace mkwrite::test
