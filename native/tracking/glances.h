// Glances at pages that are open: one word of each is compared with what it was at the last glance.
// Where it differs, the page has been written since, and no look needs to find that out by a fault.
// Where it is the same, the page may have been written elsewhere, or not at all. So a glance is a
// hint of what to look at, and never decides what is reported.
//
// Programs write the same part of a page again and again. The word is the first one of a page until
// that has kept silent about a write: then the page is compared with a snapshot of it, once, and
// the first word that differs is the one from there on. Not synchronised: the tracker's lock guards
// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "memory/page.h"

namespace mkwrite {

class Glances {
 public:
  /// Those of one machine word are glanced at together.
  static constexpr std::size_t kPages = 64;

  explicit Glances(std::size_t pages) : words_(pages), places_(pages) {}

  /// Of the `kPages` pages from `first` on, those in `pages` of which something differs from what
  /// was kept, and keeps what is there now. `contents`: all pages, readable.
  std::uint64_t take(const std::byte* contents, PageIndex first, std::uint64_t pages) noexcept;

  /// A collect begins: compares pages with their snapshots. `contents`: all pages, readable.
  void begin(const std::byte* contents) noexcept;

  /// Takes snapshots of those of `fresh` pages, about which a glance knows nothing yet, whose first
  /// words are not expected to tell, and of `silent` ones, which kept a write from the last glance.
  /// Returns the pages of which there are snapshots now.
  std::uint64_t snapshot(const std::byte* contents, PageIndex first, std::uint64_t fresh,
                         std::uint64_t silent) noexcept;

 private:
  /// A page that is not written for so many collects tells nothing.
  static constexpr std::size_t kCollects = 4;
  static constexpr std::size_t kPerCollect = 64;
  static constexpr std::size_t kSnapshots = kCollects * kPerCollect;

  /// A share of events that forgets.
  struct Share {
    float value;
    void add(bool event) noexcept { value += ((event ? 1.0F : 0.0F) - value) / 32; }
    bool worthwhile() const noexcept { return value > 1.0F / 4; }
  };

  std::size_t words_in_page() const noexcept { return kPageSize / sizeof(std::uint64_t); }
  std::byte* snapshot_at(std::size_t slot) noexcept { return memory_.get() + slot * kPageSize; }
  bool has_snapshot(PageIndex page) const noexcept { return places_[page] >= words_in_page(); }
  bool in_use(std::size_t slot) const noexcept {
    return places_[owners_[slot]] == words_in_page() + slot;
  }
  /// Whether the page differs from its snapshot, which then has served.
  bool compare(const std::byte* contents, PageIndex page) noexcept;
  /// The snapshot told nothing: the first word stands for the page again.
  void drop(std::size_t slot) noexcept;
  /// Whether there is memory for snapshots.
  bool provide() noexcept;
  void store(const std::byte* contents, PageIndex page) noexcept;

  std::vector<std::uint64_t> words_;
  /// Of each page the number of the word, or of words in a page plus that of its snapshot.
  std::vector<std::uint16_t> places_;
  std::unique_ptr<std::byte[]> memory_;  ///< of snapshots, from the first one on
  std::unique_ptr<PageIndex[]> owners_;  ///< the page of each snapshot
  std::size_t taken_ = 0;                ///< snapshots, ever: they go round through the memory
  /// Snapshots that had been taken as the last collects began, the last one's last.
  std::array<std::size_t, kCollects> begun_{};
  std::size_t left_ = 0;  ///< snapshots that this collect may take
  Share tell_{1};         ///< snapshots that differed from their pages later
  Share elsewhere_{0};    ///< of these, snapshots that found another word than the first
};

}  // namespace mkwrite
