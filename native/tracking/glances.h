// Glances at pages that are open: the first word of each is compared with what it was at the last
// glance. Where it differs, the page has been written since, and no look needs to find that out by
// a fault. Where it is the same, the page may have been written elsewhere, or not at all. So a
// glance is a hint of what to look at, and never decides what is reported. Not synchronised: the
// tracker's lock guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory/page.h"

namespace mkwrite {

class Glances {
 public:
  /// Those of one machine word are glanced at together.
  static constexpr std::size_t kPages = 64;

  explicit Glances(std::size_t pages) : words_(pages) {}

  /// Of the `kPages` pages from `first` on, those in `pages` whose word differs from the one kept,
  /// and keeps what is there now. `contents`: all pages, readable.
  std::uint64_t take(const std::byte* contents, PageIndex first, std::uint64_t pages) noexcept;

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace mkwrite
