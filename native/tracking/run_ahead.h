// Run-ahead: which pages to open along with one that faulted. Faults that follow each other through
// memory open windows that double, as a file's readahead does (mm/readahead.c); a fault that
// follows none opens its page alone. Several sequences are followed at once, upwards and downwards.
// They are told apart by where they go, which also tells threads apart.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "memory/page.h"

namespace mkwrite {

class RunAhead {
 public:
  /// The most that one fault opens, and so the most that a sequence that ends is over-reported by.
  /// From here on a page's share of the signal is small beside copying it.
  static constexpr std::size_t kLargestWindow = 64;
  /// Pages that a sequence writes one by one before windows open: what is that short is more often
  /// over than not.
  static constexpr std::size_t kFirstPages = 8;

  struct Advice {
    PageRange window;     ///< what to open; holds the page that faulted
    PageRange confirmed;  ///< opened ahead before, and now shown to be part of a sequence
  };

  /// What to open for a write fault on `page` of a view of `pages` pages. Async-signal-safe.
  Advice on_fault(PageIndex page, std::size_t pages) noexcept;

  /// A collect protects everything again. Sequences go on after it, with windows of up to a quarter
  /// of what they wrote before it: one that writes little at a time stays exact.
  void collected() noexcept { ++collects_; }

 private:
  struct Sequence {
    PageRange window;            ///< opened last
    std::size_t written = 0;     ///< pages before the window, since the last collect
    std::uint64_t collects = 0;  ///< number of collects when it last faulted
    std::uint64_t used = 0;      ///< fault at which that was; 0: free
    bool upwards = true;
  };
  static constexpr std::size_t kSequences = 8;

  std::array<Sequence, kSequences> sequences_{};
  std::uint64_t faults_ = 0;
  std::uint64_t collects_ = 0;
};

}  // namespace mkwrite
