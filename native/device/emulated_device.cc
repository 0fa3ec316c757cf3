#include "device/emulated_device.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <system_error>

#include "coherence/resource.h"
#include "faults/mutant.h"
#include "memory/error.h"

namespace mkwrite {
namespace {

/// Keeps the process's signals away from a thread started under it. SIGSEGV and its kin stay: a
/// blocked one kills.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

std::chrono::nanoseconds time_for(std::size_t bytes, double bytes_per_second) noexcept {
  constexpr double kLongest = 1e15;  // ns; also keeps the conversion in range
  const double nanoseconds = static_cast<double>(bytes) / bytes_per_second * 1e9;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(nanoseconds, kLongest)));
}

[[noreturn]] void throw_lost() {
  throw Error(ErrorCode::kDeviceLost,
              "The device is lost. Contents of its memory are gone; create a new device and upload "
              "again.");
}

}  // namespace

EmulatedDevice::EmulatedDevice(Options options)
    : options_(std::move(options)), memory_(DeviceMemory::create(options_.memory)) {
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { run_queue(); });
  } catch (const std::system_error& error) {
    throw_system_error("pthread_create", error.code().value(),
                       "Free memory or mappings, or raise the limit of threads (ulimit -u).");
  }
  pthread_setname_np(thread_.native_handle(), "mkwrite-device");
}

EmulatedDevice::~EmulatedDevice() { stop(); }

void EmulatedDevice::stop() noexcept {
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
    paused_ = false;
  }
  wake();
  stopped_.store(true);
  if (thread_.joinable()) thread_.join();
}

void EmulatedDevice::lose() noexcept {
  timeline_.lose();
  wake();
}

void EmulatedDevice::pause() {
  const std::lock_guard lock(queue_mutex_);
  paused_ = !stopping_;
}

void EmulatedDevice::resume() {
  {
    const std::lock_guard lock(queue_mutex_);
    paused_ = false;
  }
  wake();
}

std::unique_ptr<DeviceAllocation> EmulatedDevice::allocate(std::size_t size) {
  return memory_->allocate(size);
}

// --- Submitting: under the submit mutex ---

void EmulatedDevice::reserve() {
  if (stopped_.load()) {
    throw Error(ErrorCode::kDestroyed, "The device was destroyed. Create a new one.");
  }
  if (timeline_.lost()) throw_lost();
  if (!next_) next_ = std::make_unique<Submission>();
  next_->seqno = next_seqno();
  reserved_.store(next_->seqno);
  const std::lock_guard lock(queue_mutex_);
  // A place in the queue that enqueue() fills without allocating.
  if (queue_.empty() || queue_.back() != nullptr) queue_.push_back(nullptr);
}

void EmulatedDevice::update(std::span<const UpdateRun> runs) {
  if (timeline_.lost()) throw_lost();
  if (refuse_update_.exchange(false)) {
    throw Error(ErrorCode::kSystem, "The device refused an update (injected). Submit again.");
  }
  if (runs.empty()) return;
  if (!next_) next_ = std::make_unique<Submission>();
  std::size_t total = 0;
  for (const UpdateRun& run : runs) total += run.size;
  next_->dma_bytes += total;
  stats_.bytes_updated += total;
  const auto begin = std::chrono::steady_clock::now();
  copy_or_stage(runs, total);
  if (options_.bandwidth == 0) return;
  const std::chrono::nanoseconds rest =
      begin + time_for(total, options_.bandwidth) - std::chrono::steady_clock::now();
  // Nothing completes that seqno meanwhile, so this ends early only when the device is lost.
  if (rest.count() > 0) timeline_.wait(next_seqno(), rest);
}

void EmulatedDevice::copy_or_stage(std::span<const UpdateRun> runs, std::size_t total) {
  // An idle device lets the contents go straight to their place, after what was staged. Looked at
  // once: it may become idle at any moment.
  if (idle()) {
    next_->staged.arrive();
  } else {
    try {
      Staged& staged = next_->staged;
      staged.pieces.reserve(staged.pieces.size() + runs.size());
      staged.bytes.reserve(staged.bytes.size() + total);
      for (const UpdateRun& run : runs) {
        staged.bytes.insert(staged.bytes.end(), run.from, run.from + run.size);
        staged.pieces.push_back({run.to, run.size, run.resource});
      }
      stats_.bytes_staged += total;
      return;
    } catch (const std::bad_alloc&) {
      settle();  // without memory to stage in, the queue has to drain first
    }
  }
  for (const UpdateRun& run : runs) std::memcpy(run.to, run.from, run.size);
}

void EmulatedDevice::enqueue(std::vector<Command> commands,
                             std::vector<std::shared_ptr<void>> alive) noexcept {
  next_->commands = std::move(commands);
  next_->alive = std::move(alive);
  ++stats_.submissions;
  stats_.commands += next_->commands.size();
  std::unique_ptr<Submission> never;  // let go after the lock
  {
    const std::lock_guard lock(queue_mutex_);
    last_submitted_.store(next_->seqno);
    // The device may have been lost since room was made, and the queue with it.
    if (abandoned_) {
      never = std::move(next_);
    } else {
      queue_.back() = std::move(next_);
    }
  }
  wake();
}

void EmulatedDevice::cancel() noexcept {
  // First the fact, then the interrupt: see wait_in_fault().
  reserved_.store(0);
  timeline_.interrupt();
}

void EmulatedDevice::settle() noexcept {
  if (timeline_.wait(last_submitted_.load(), options_.lockup_timeout) ==
      FenceTimeline::WaitResult::kTimedOut) {
    lose();
  }
  if (next_ && !timeline_.lost()) next_->staged.arrive();
}

void EmulatedDevice::wait_in_fault(Seqno seqno) noexcept {
  if (kMutant == Mutant::kWaitForever) options_.lockup_timeout = FenceTimeline::Timeout(-1);
  // A submission that was cancelled after the fault had looked, but before it waits, would never be
  // done. So: note the interrupts so far, look whether the submission still is to come, wait for it
  // or for one more interrupt.
  const std::uint32_t interrupts = timeline_.interrupts();
  if (seqno > last_submitted_.load() && seqno != reserved_.load()) return;
  if (timeline_.wait_interruptibly(seqno, options_.lockup_timeout, interrupts) ==
      FenceTimeline::WaitResult::kTimedOut) {
    lose();
  }
}

void EmulatedDevice::peek(const Resource& resource, std::size_t offset, std::span<std::byte> to) {
  const std::lock_guard submit(submit_mutex());
  if (offset > resource.size() || to.size() > resource.size() - offset) {
    throw Error(ErrorCode::kOutOfRange, "The range must lie within the resource of " +
                                            std::to_string(resource.size()) + " bytes.");
  }
  if (!resource.bound()) return;
  if (next_ && idle()) next_->staged.arrive();
  std::memcpy(to.data(), resource.memory({offset, to.size()}).data(), to.size());
}

// --- The device's thread ---

void EmulatedDevice::Staged::arrive() noexcept {
  const std::byte* from = bytes.data();
  for (const Piece& piece : pieces) {
    std::memcpy(piece.to, from, piece.size);
    from += piece.size;
  }
  pieces.clear();
  bytes.clear();
}

void EmulatedDevice::wake() noexcept {
  // After the change itself, as in FenceTimeline::announce().
  queue_events_.fetch_add(1);
  futex_wake(queue_events_);
}

void EmulatedDevice::run_queue() noexcept {
  while (!timeline_.lost()) {
    const std::uint32_t event = queue_events_.load();
    std::unique_ptr<Submission> submission;
    {
      const std::lock_guard lock(queue_mutex_);
      const bool ready = !queue_.empty() && queue_.front() != nullptr;
      if (stopping_ && !ready) break;
      if (ready && !paused_) {
        submission = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    if (submission == nullptr) {
      if (!timeline_.lost()) futex_wait(queue_events_, event);
      continue;
    }
    run(*submission);
    if (timeline_.lost()) break;
    const Seqno done = submission->seqno;
    // Let go before anybody hears of it, so that whoever does finds the memory free.
    submission.reset();
    if (kMutant == Mutant::kAnnounceBeforeWaking && options_.on_progress) options_.on_progress();
    timeline_.complete(done);
    if (options_.on_progress) options_.on_progress();
  }
  // Whatever is still queued will never run; its buffer objects are let go.
  std::deque<std::unique_ptr<Submission>> abandoned;
  {
    const std::lock_guard lock(queue_mutex_);
    abandoned.swap(queue_);
    abandoned_ = true;
  }
  abandoned.clear();
  // Told from here, because a fault that declares the device lost must not call out.
  if (timeline_.lost() && options_.on_progress) options_.on_progress();
}

void EmulatedDevice::run(Submission& submission) noexcept {
  std::chrono::nanoseconds delay{};
  if (submission.dma_bytes != 0) {
    delay = options_.dma_latency;
    if (options_.dma_bandwidth > 0) {
      delay += time_for(submission.dma_bytes, options_.dma_bandwidth);
    }
  }
  // Ends early only when the device is lost.
  if (delay.count() > 0) timeline_.wait(submission.seqno, delay);
  submission.staged.arrive();
  std::vector<std::span<std::byte>> memory;
  for (Command& command : submission.commands) {
    if (timeline_.lost()) return;
    memory.clear();
    for (const Operand& operand : command.operands) {
      memory.push_back(operand.resource->memory(operand.bytes));
    }
    command.kernel->run(memory);
  }
}

}  // namespace mkwrite
