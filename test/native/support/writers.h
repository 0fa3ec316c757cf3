// Threads that write in rounds, with a rest in between.
#pragma once

#include <atomic>
#include <barrier>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "tracked_buffer.h"

namespace mkwrite::test {

struct Load {
  std::size_t pages;
  std::size_t writers;
  std::size_t views;
  int rounds;
  int writes_per_round;  ///< of each writer
};

/// Threads that count up words of random pages in rounds, with a rest between two rounds.
class Writers {
 public:
  Writers(const Load& load, std::vector<std::shared_ptr<View>> views)
      : load_(load),
        views_(std::move(views)),
        phase_(static_cast<std::ptrdiff_t>(load.writers) + 1) {
    for (std::size_t writer = 0; writer < load.writers; ++writer) {
      threads_.emplace_back([this, writer] { run(writer); });
    }
  }
  ~Writers() {
    stop_.store(true);
    phase_.arrive_and_wait();
    for (std::thread& thread : threads_) thread.join();
  }

  void begin_round() {
    writing_.store(load_.writers);
    phase_.arrive_and_wait();
  }
  bool writing() const { return writing_.load() != 0; }

 private:
  void run(std::size_t writer) {
    std::mt19937 random(static_cast<unsigned>(writer));
    for (;;) {
      phase_.arrive_and_wait();
      if (stop_.load()) return;
      for (int i = 0; i < load_.writes_per_round; ++i) {
        // Each writer has its own word in every page, so that no count is lost among writers.
        auto& word = word_at(*views_[random() % views_.size()], random() % load_.pages, writer);
        word = word + 1;
      }
      --writing_;
    }
  }

  const Load load_;
  const std::vector<std::shared_ptr<View>> views_;
  std::barrier<> phase_;
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> writing_{0};
  std::vector<std::thread> threads_;
};

}  // namespace mkwrite::test
