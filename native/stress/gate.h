// Where writers stop when memory is to be compared.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace mkwrite::stress {

class Gate {
 public:
  /// Closed.
  explicit Gate(std::size_t writers) : writers_(writers) {}

  /// By each writer between two writes. Waits while the gate is closed; false: time to end.
  bool pass() {
    // Relaxed: close() hears of each writer under the mutex.
    if (state_.load(std::memory_order_relaxed) == State::kOpen) return true;
    std::unique_lock lock(mutex_);
    ++parked_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return state_.load() != State::kClosed; });
    --parked_;
    return state_.load() == State::kOpen;
  }
  /// By a writer that will not come again.
  void leave() {
    const std::lock_guard lock(mutex_);
    --writers_;
    changed_.notify_all();
  }

  void open() { change(State::kOpen); }
  /// Returns when every writer waits.
  void close() {
    change(State::kClosed);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return parked_ == writers_; });
  }
  /// Lets all writers out for good.
  void end() { change(State::kEnded); }

 private:
  enum class State { kClosed, kOpen, kEnded };

  void change(State state) {
    const std::lock_guard lock(mutex_);
    state_.store(state);
    changed_.notify_all();
  }

  std::atomic<State> state_{State::kClosed};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t writers_;
  std::size_t parked_ = 0;
};

}  // namespace mkwrite::stress
