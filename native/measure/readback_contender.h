// The other direction: an emulated device writes pages, and the CPU reads them. Under a policy they
// come back when they are touched; "explicit" has none, and invalidates exactly what was written.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "coherence/coherent_buffer.h"
#include "device/emulated_device.h"
#include "measure/contender.h"

namespace mkwrite {

/// Of its frames' results, collect_ns is submitting and waiting for the fence, and copy_ns reading
/// one byte of each page, with what that takes to get the page back. The device's own time does not
/// count: it is another thread's.
class ReadbackContender final : public Contender {
 public:
  /// `name`: "explicit" or a policy. All pages lie in one buffer object. Throws Error.
  ReadbackContender(std::string_view name, BufferLayout layout);
  ~ReadbackContender() override;

  FrameResult run(const Frame& frame) override;

 private:
  std::vector<Command> commands_for(const Frame& frame, std::uint8_t value) const;
  std::uint64_t faults() const;
  std::size_t count_stale(const Frame& frame, std::uint8_t value) const;

  std::shared_ptr<EmulatedDevice> device_;
  std::shared_ptr<BufferObject> buffer_;
  std::shared_ptr<View> view_;
  CoherentBuffer* coherent_ = nullptr;  ///< the buffer object owns it
  std::shared_ptr<Resource> resource_;
};

}  // namespace mkwrite
