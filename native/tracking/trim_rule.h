// When a policy trims (trimming.h): while the memory for a twin is allowed, the device's bus is
// slow, and enough of what is reported turns out unchanged.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mkwrite {

/// What a policy grants to trimming.
struct TrimTerms {
  std::size_t twin_limit = 0;  ///< bytes that a twin may take; 0: never trim
  /// ns to copy a page within this machine's memory. 0 makes everything pay, at once and for ever.
  double copy_page = 0;
};

class TrimRule {
 public:
  explicit TrimRule(TrimTerms terms) noexcept : terms_(terms) {}

  /// Whether a buffer object of `bytes` bytes should be trimmed from now on. `update_page`: ns that
  /// updating a page of the device takes; 0 while nobody knows.
  bool begins(std::size_t bytes, double update_page) const noexcept;
  /// One collect without trimming that reported something.
  void rest() noexcept;
  /// The twin could not be had.
  void fail() noexcept { stop(); }

  /// One collect in which `trimmed` of `compared` pages had not changed. Returns whether to go on.
  bool goes_on(std::size_t compared, std::size_t trimmed, double update_page) noexcept;

 private:
  /// Collects with something to compare after which the balance is drawn.
  static constexpr unsigned kWindow = 64;
  static constexpr unsigned kLongestRest = 64 * kWindow;

  void stop() noexcept;

  TrimTerms terms_;
  unsigned resting_ = 0;  ///< collects to go
  unsigned next_rest_ = kWindow;
  unsigned collects_ = 0;  ///< in this window
  std::uint64_t compared_ = 0;
  std::uint64_t trimmed_ = 0;
};

}  // namespace mkwrite
