// One bit per page, in two levels, so that looking for set bits skips empty parts: 64 words of 64
// pages behind each summary word. Not synchronised: the owner's lock guards it. Only the
// constructor allocates, so every other member function may be called in a signal handler.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory/page.h"

namespace mkwrite {

class PageBitmap {
 public:
  PageBitmap() = default;
  /// A bitmap for `pages` pages, all clear.
  explicit PageBitmap(std::size_t pages);

  std::size_t pages() const noexcept { return pages_; }
  /// Number of set bits.
  std::size_t count() const noexcept { return count(all()); }
  bool any() const noexcept { return filled_ != 0; }
  PageRange all() const noexcept { return {0, pages_}; }

  /// The bits of pages [64 index, 64 index + 64) as one word.
  std::uint64_t word(std::size_t index) const noexcept { return words_[index]; }
  void set_word(std::size_t index, std::uint64_t bits) noexcept { store(index, bits); }

  bool test(PageIndex page) const noexcept {
    return (words_[page / kWordBits] >> (page % kWordBits) & 1U) != 0;
  }
  /// Returns whether the bit was clear before.
  bool set(PageIndex page) noexcept {
    const std::size_t index = page / kWordBits;
    const Word bit = Word{1} << (page % kWordBits);
    const Word before = words_[index];
    if ((before & bit) != 0) return false;
    words_[index] = before | bit;
    if (before == 0) fill(index);
    return true;
  }
  void set(PageRange range) noexcept {
    if (range.count == 1) {
      set(range.first);
    } else {
      set_run(range);
    }
  }
  void clear(PageRange range) noexcept {
    if (any()) clear_run(range);
  }
  void clear() noexcept { clear(all()); }

  /// Sets every bit that is set in `other` within `range`.
  void add(const PageBitmap& other, PageRange range) noexcept {
    if (other.any()) add_some(other, range);
  }
  /// The same, except of those that are set in `except`.
  void add(const PageBitmap& other, const PageBitmap& except, PageRange range) noexcept {
    if (other.any()) add_some(other, except, range);
  }
  /// Clears every bit that is set in `other` within `range`.
  void remove(const PageBitmap& other, PageRange range) noexcept {
    if (any() && other.any()) remove_some(other, range);
  }
  /// Number of set bits within `range`.
  std::size_t count(PageRange range) const noexcept { return any() ? count_some(range) : 0; }
  /// Whether some word is all set, as it is wherever 127 pages in a row are.
  bool any_full_word() const noexcept;

  /// The first set page in [from, end), or `end`.
  PageIndex next_set(PageIndex from, PageIndex end) const noexcept {
    return any() && from < end ? find_set(from, end) : end;
  }
  /// The first clear page in [from, end), or `end`.
  PageIndex next_clear(PageIndex from, PageIndex end) const noexcept;

  /// The maximal run of set pages around `page`; empty if that is clear.
  PageRange run_around(PageIndex page) const noexcept;

  /// Calls `visit(PageRange)` for each maximal run of set pages within `range`, in order.
  template <typename Visit>
  void for_each_run(PageRange range, Visit&& visit) const {
    if (range.empty() || !any()) return;
    PageIndex begin = range.end();  // of a run that reaches the end of the word before
    for (std::size_t index = range.first / kWordBits;;) {
      const PageIndex base = index * kWordBits;
      Word word = words_[index] & mask(index, range);
      unsigned at = 0;  // bits of the word that are done with
      if (begin != range.end()) {
        at = static_cast<unsigned>(std::countr_one(word));
        if (at == kWordBits) {
          word = 0;
        } else {
          visit(PageRange::between(begin, base + at));
          begin = range.end();
          word &= ~Word{0} << at;
        }
      }
      while (word != 0) {
        const auto first = static_cast<unsigned>(std::countr_zero(word));
        const auto count = static_cast<unsigned>(std::countr_one(word >> first));
        if (first + count == kWordBits) {
          begin = base + first;
          break;
        }
        visit(PageRange{base + first, count});
        word &= ~Word{0} << (first + count);
      }
      ++index;
      if (index * kWordBits >= range.end()) break;
      if (begin == range.end()) {
        const PageIndex next = next_set(index * kWordBits, range.end());
        if (next >= range.end()) return;
        index = next / kWordBits;
      }
    }
    if (begin != range.end()) visit(PageRange::between(begin, range.end()));
  }

  /// Calls `visit(PageRange)` for each maximal run of clear pages within `range`, in order.
  template <typename Visit>
  void for_each_gap(PageRange range, Visit&& visit) const {
    for (PageIndex at = next_clear(range.first, range.end()); at < range.end();) {
      const PageIndex stop = next_set(at, range.end());
      visit(PageRange::between(at, stop));
      at = next_clear(stop, range.end());
    }
  }

 private:
  using Word = std::uint64_t;
  static constexpr std::size_t kWordBits = 64;

  /// The bits of word `index` that lie in `range`.
  static Word mask(std::size_t index, PageRange range) noexcept {
    const PageRange inside = range.intersect({index * kWordBits, kWordBits});
    if (inside.empty()) return 0;
    return (~Word{0} >> (kWordBits - inside.count)) << (inside.first % kWordBits);
  }
  void store(std::size_t index, Word value) noexcept;
  /// Word `index` is not empty any more.
  void fill(std::size_t index) noexcept {
    ++filled_;
    summary_[index / kWordBits] |= Word{1} << (index % kWordBits);
  }
  void set_run(PageRange range) noexcept;
  // What needs no look where a bitmap is empty, as most are in an idle collect: their memory stays
  // out of the cache.
  void clear_run(PageRange range) noexcept;
  void add_some(const PageBitmap& other, PageRange range) noexcept;
  void add_some(const PageBitmap& other, const PageBitmap& except, PageRange range) noexcept;
  void remove_some(const PageBitmap& other, PageRange range) noexcept;
  std::size_t count_some(PageRange range) const noexcept;
  PageIndex find_set(PageIndex from, PageIndex end) const noexcept;

  std::size_t pages_ = 0;
  std::size_t filled_ = 0;  ///< words that are not 0
  std::vector<Word> words_;
  std::vector<Word> summary_;  ///< bit i of word j: words_[64 j + i] is not 0
};

}  // namespace mkwrite
