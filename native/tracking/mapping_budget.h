// How many of the process's mappings trackers may use. Each change of protection between two
// neighbouring pages makes the kernel split a mapping, and at vm.max_map_count everything that maps
// memory begins to fail, threads and the heap first. So trackers count their splits, all of them
// together, and widen what they open or close when they have used their share.
#pragma once

#include <atomic>
#include <cstddef>

namespace mkwrite {

class MappingBudget {
 public:
  /// The one of this process. The limit is read at the first call, which must not be a handler's.
  static MappingBudget& instance();

  /// An eighth of vm.max_map_count, or what set_limit() said.
  std::size_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
  /// Splits in all tracked views.
  std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  /// Whether `more` splits still fit. Async-signal-safe, as the rest.
  bool fits(std::size_t more) const noexcept { return used() + more <= limit(); }

  /// A view's count went from `before` to `after`.
  // Relaxed, as the loads above: the number orders nothing, and being late by a few splits is what
  // a share far below the limit is for.
  void change(std::size_t before, std::size_t after) noexcept {
    used_.fetch_add(after - before, std::memory_order_relaxed);
  }

  /// For tests and for processes that need mappings elsewhere.
  void set_limit(std::size_t splits) noexcept { limit_.store(splits, std::memory_order_relaxed); }

 private:
  MappingBudget();
  std::atomic<std::size_t> limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace mkwrite
