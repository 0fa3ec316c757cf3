// The device as the coherence protocol sees it: memory that only it computes on, and a queue of
// submissions that run in order. The emulated GPU stands behind this interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "coherence/residency.h"
#include "coherence/update_price.h"
#include "memory/page.h"
#include "tracking/device_owner.h"

namespace mkwrite {

class Resource;

/// What a command computes. Runs on the device, on device memory alone.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// `operands`: the device memory of each of the command's operands, in its order.
  virtual void run(std::span<const std::span<std::byte>> operands) noexcept = 0;
};

/// A part of a resource that a command reads or writes.
struct Operand {
  std::shared_ptr<Resource> resource;
  ByteRange bytes;  ///< within the resource
  bool reads = false;
  bool writes = false;
  /// What the device wrote there before is given up: it is not read back, and the CPU's older bytes
  /// take its place (vmwgfx's VMW_RES_DIRTY_CLEAR). Whole pages only; neither reads nor writes.
  bool discards = false;
};

struct Command {
  std::vector<Operand> operands;
  std::unique_ptr<Kernel> kernel;  ///< null when there is nothing for the device to run
};

/// One part of an update: bytes that go from CPU memory to device memory.
struct UpdateRun {
  const std::byte* from;
  std::byte* to;
  std::size_t size;  ///< bytes
  /// What keeps `to` alive until the bytes have arrived, where no operand of the submission does.
  std::shared_ptr<const Resource> resource = nullptr;
};

/// A piece of device memory; gives itself back.
class DeviceAllocation {
 public:
  virtual ~DeviceAllocation() = default;
  virtual std::span<std::byte> memory() const noexcept = 0;
};

enum class FenceStatus { kPending, kSignaled, kLost };

class Device {
 public:
  virtual ~Device() = default;

  /// Held from taking a seqno to enqueueing: submissions run in the order in which they validated.
  /// Neither the device nor a fault ever takes it, so its holder may wait for the device.
  std::mutex& submit_mutex() noexcept { return submit_mutex_; }
  /// A number for one operation's use of resources, larger than all before. Unlike a seqno it is
  /// not used again after a submission that failed. Under submit_mutex().
  std::uint64_t begin_use() noexcept { return ++uses_; }
  /// What is bound to device memory, for eviction.
  Residency& residency() noexcept { return residency_; }
  /// What updates cost; observed under submit_mutex().
  UpdatePrice& update_price() noexcept { return update_price_; }

  /// Bytes of device memory in all.
  virtual std::size_t capacity() const noexcept = 0;
  /// Zeroed device memory, or null when there is not enough.
  virtual std::unique_ptr<DeviceAllocation> allocate(std::size_t size) = 0;

  // The next six are called under submit_mutex().

  /// The seqno that the next enqueue() will take.
  virtual Seqno next_seqno() const noexcept = 0;
  /// Makes room for one enqueue(). Throws std::bad_alloc, Error (kDestroyed, kDeviceLost).
  virtual void reserve() = 0;
  /// Sends the contents of `runs` as of now to device memory: they arrive after all submissions so
  /// far and before the next one's commands. Throws Error if the device refuses; nothing arrived.
  virtual void update(std::span<const UpdateRun> runs) = 0;
  /// Queues commands in the room that was reserved. `alive` is kept until they have run.
  virtual void enqueue(std::vector<Command> commands,
                       std::vector<std::shared_ptr<void>> alive) noexcept = 0;
  /// Gives up the reservation and wakes the faults that wait for its seqno, so that they look
  /// again.
  virtual void cancel() noexcept = 0;
  /// Waits until everything sent so far has arrived and run, or the device is lost.
  virtual void settle() noexcept = 0;

  // Async-signal-safe:

  virtual FenceStatus status(Seqno seqno) const noexcept = 0;
  /// Waits until `seqno` is done, the device is lost, or a submission was cancelled. Declares the
  /// device lost after its lockup timeout.
  virtual void wait_in_fault(Seqno seqno) noexcept = 0;

 private:
  std::mutex submit_mutex_;
  std::uint64_t uses_ = 0;
  Residency residency_;
  UpdatePrice update_price_;
};

}  // namespace mkwrite
