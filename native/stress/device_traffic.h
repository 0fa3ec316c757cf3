// A device that writes to the pages that the CPU's writers write to, with several submissions in
// flight, and with less memory than its resources need.
#pragma once

#include <deque>
#include <utility>

#include "device/emulated_device.h"
#include "stress/commands.h"
#include "stress/traffic.h"

namespace mkwrite::stress {

class DeviceTraffic final : public Traffic {
 public:
  /// Throws Error.
  DeviceTraffic(Counts& counts, std::uint64_t seed, const Grounds& grounds);
  ~DeviceTraffic() override;
  DeviceTraffic(const DeviceTraffic&) = delete;
  DeviceTraffic& operator=(const DeviceTraffic&) = delete;

  void frame() override;
  void settle() override;

 private:
  struct Stamped {
    Arena* arena;
    Part* part;
    PageRange pages;
    Sequence sequence;
  };
  struct InFlight {
    Seqno seqno;
    std::vector<Stamped> stamps;
  };

  void add_arena(const Grounds& grounds);
  /// Lets the device become idle, and the writers catch up.
  void rest();
  /// Some pages of a part, mostly of where everybody meets.
  std::pair<Part*, PageRange> any_range(Arena& arena, std::size_t longest) noexcept;
  /// Submits, with errors that the stress test provokes now and then. Returns 0 after one of these.
  Seqno try_submit(std::vector<Command> commands);
  /// Notes what a submission that was accepted will have written.
  void expect(const std::vector<Stamped>& stamps);
  /// Waits for the oldest submission and looks at what it wrote.
  void finish_oldest();
  void wait(Seqno seqno);
  std::size_t bound_parts() const noexcept;

  std::shared_ptr<EmulatedDevice> device_;
  std::deque<InFlight> in_flight_;
  Sequence sequence_ = 0;  ///< of the last stamp
  bool refusing_ = false;  ///< the next update will fail, by injection
};

}  // namespace mkwrite::stress
