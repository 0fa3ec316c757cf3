// The emulated GPU: its own memory, and a thread that runs submissions in order. It computes on
// device memory only, so missing synchronisation shows as stale results.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <thread>

#include "coherence/device.h"
#include "device/apart.h"
#include "device/device_memory.h"
#include "device/fence_timeline.h"

namespace mkwrite {

class EmulatedDevice final : public Device {
 public:
  struct Options {
    std::size_t memory = 0;  ///< bytes
    /// How long a fault waits for the device before the device counts as lost.
    std::chrono::nanoseconds lockup_timeout{};
    std::chrono::nanoseconds dma_latency{};  ///< before each update arrives
    double dma_bandwidth = 0;                ///< bytes per second of updates; 0: no limit
    /// The same for the thread that sends them, which is kept busy so long; 0: no limit.
    double bandwidth = 0;
    /// Called by the device's thread after a submission is done or the device is lost, when all
    /// waiters have been woken. Must not block.
    std::function<void()> on_progress;
  };

  explicit EmulatedDevice(Options options);
  ~EmulatedDevice() override;

  /// Runs what is queued, then stops. Afterwards reserve() throws Error (kDestroyed). Must be
  /// called before the last reference goes: a submission may hold that one, and its thread is the
  /// device's.
  void stop() noexcept;
  /// Takes the device away as a crash would: queued work never completes. Async-signal-safe.
  void lose() noexcept;
  /// Holds the queue before the next submission until resume().
  void pause();
  void resume();
  /// From now on the device's thread runs on other CPUs than the one that the caller is on now, if
  /// there are any. For one caller at a time.
  void keep_apart() noexcept { apart_.keep(thread_); }
  /// Makes the next update fail (an injected fault).
  void refuse_next_update() noexcept { refuse_update_.store(true); }

  /// Copies what device memory holds now, without waiting for anything. Takes the submit mutex.
  /// Throws Error (kOutOfRange). A resource that has no device memory reads as zeros.
  void peek(const Resource& resource, std::size_t offset, std::span<std::byte> to);

  FenceTimeline& timeline() noexcept { return timeline_; }
  DeviceMemory& memory() noexcept { return *memory_; }
  bool stopped() const noexcept { return stopped_.load(); }
  Seqno last_submitted() const noexcept { return last_submitted_.load(); }

  struct Stats {
    std::atomic<std::uint64_t> submissions{0};
    std::atomic<std::uint64_t> commands{0};
    std::atomic<std::uint64_t> bytes_updated{0};
    std::atomic<std::uint64_t> bytes_staged{
        0};  ///< of these, copied twice because the queue was busy
  };
  const Stats& stats() const noexcept { return stats_; }

  // Device
  std::size_t capacity() const noexcept override { return memory_->limit(); }
  std::unique_ptr<DeviceAllocation> allocate(std::size_t size) override;
  Seqno next_seqno() const noexcept override { return last_submitted_.load() + 1; }
  void reserve() override;
  void update(std::span<const UpdateRun> runs) override;
  void enqueue(std::vector<Command> commands,
               std::vector<std::shared_ptr<void>> alive) noexcept override;
  void cancel() noexcept override;
  void settle() noexcept override;
  FenceStatus status(Seqno seqno) const noexcept override { return timeline_.status(seqno); }
  void wait_in_fault(Seqno seqno) noexcept override;

 private:
  /// Update contents that wait for the queue to get to them.
  struct Staged {
    std::vector<std::byte> bytes;
    struct Piece {
      std::byte* to;
      std::size_t size;
      std::shared_ptr<const Resource> resource;  ///< keeps `to`; may be null
    };
    std::vector<Piece> pieces;  ///< one after the other in `bytes`

    void arrive() noexcept;
  };
  struct Submission {
    Seqno seqno = 0;
    Staged staged;
    std::size_t dma_bytes = 0;  ///< moved for this submission, staged or not
    std::vector<Command> commands;
    std::vector<std::shared_ptr<void>> alive;
  };

  void run_queue() noexcept;
  void copy_or_stage(std::span<const UpdateRun> runs, std::size_t total);
  /// Makes the device's thread look again at the queue, the flags and the timeline.
  /// Async-signal-safe.
  void wake() noexcept;
  void run(Submission& submission) noexcept;
  bool idle() const noexcept { return timeline_.completed() == last_submitted_.load(); }

  Options options_;
  std::shared_ptr<DeviceMemory> memory_;
  FenceTimeline timeline_;
  Stats stats_;
  std::atomic<bool> refuse_update_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<Seqno> last_submitted_{0};
  std::atomic<Seqno> reserved_{0};  ///< the seqno that a submission under way may come to have

  /// The submission being put together; guarded by the submit mutex.
  std::unique_ptr<Submission> next_;

  std::mutex queue_mutex_;
  std::deque<std::unique_ptr<Submission>> queue_;
  bool paused_ = false;
  bool stopping_ = false;
  bool abandoned_ = false;     ///< nothing that is queued now will ever run
  FutexWord queue_events_{0};  ///< a futex, because a fault may declare the device lost

  Apart apart_;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace mkwrite
