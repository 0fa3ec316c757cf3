#include "memory/page_bitmap.h"

#include "memory/bits.h"

namespace mkwrite {

PageBitmap::PageBitmap(std::size_t pages)
    : pages_(pages),
      words_((pages + kWordBits - 1) / kWordBits),
      summary_((words_.size() + kWordBits - 1) / kWordBits) {}

void PageBitmap::store(std::size_t index, Word value) noexcept {
  const Word before = words_[index];
  words_[index] = value;
  if ((value == 0) == (before == 0)) return;
  if (value != 0) {
    fill(index);
  } else {
    --filled_;
    summary_[index / kWordBits] &= ~(Word{1} << (index % kWordBits));
  }
}

void PageBitmap::set_run(PageRange range) noexcept {
  if (range.empty()) return;
  for (std::size_t i = range.first / kWordBits; i <= (range.end() - 1) / kWordBits; ++i) {
    store(i, words_[i] | mask(i, range));
  }
}

void PageBitmap::clear_run(PageRange range) noexcept {
  for (PageIndex at = next_set(range.first, range.end()); at < range.end();) {
    const std::size_t index = at / kWordBits;
    store(index, words_[index] & ~mask(index, range));
    at = next_set(at, range.end());
  }
}

void PageBitmap::add_some(const PageBitmap& other, PageRange range) noexcept {
  for (PageIndex at = other.next_set(range.first, range.end()); at < range.end();) {
    const std::size_t index = at / kWordBits;
    store(index, words_[index] | (other.words_[index] & mask(index, range)));
    at = other.next_set((index + 1) * kWordBits, range.end());
  }
}

void PageBitmap::add_some(const PageBitmap& other, const PageBitmap& except,
                          PageRange range) noexcept {
  for (PageIndex at = other.next_set(range.first, range.end()); at < range.end();) {
    const std::size_t index = at / kWordBits;
    const Word added = other.words_[index] & ~except.words_[index] & mask(index, range);
    store(index, words_[index] | added);
    at = other.next_set((index + 1) * kWordBits, range.end());
  }
}

void PageBitmap::remove_some(const PageBitmap& other, PageRange range) noexcept {
  for (PageIndex at = next_set(range.first, range.end()); at < range.end();) {
    const std::size_t index = at / kWordBits;
    store(index, words_[index] & ~(other.words_[index] & mask(index, range)));
    at = next_set((index + 1) * kWordBits, range.end());
  }
}

std::size_t PageBitmap::count_some(PageRange range) const noexcept {
  std::size_t total = 0;
  for (PageIndex at = next_set(range.first, range.end()); at < range.end();) {
    const std::size_t index = at / kWordBits;
    total += count_bits(words_[index] & mask(index, range));
    at = next_set((index + 1) * kWordBits, range.end());
  }
  return total;
}

bool PageBitmap::any_full_word() const noexcept {
  for (PageIndex at = next_set(0, pages_); at < pages_;) {
    const std::size_t index = at / kWordBits;
    if (words_[index] == ~Word{0}) return true;
    at = next_set((index + 1) * kWordBits, pages_);
  }
  return false;
}

PageIndex PageBitmap::find_set(PageIndex from, PageIndex end) const noexcept {
  std::size_t index = from / kWordBits;
  Word word = words_[index] & (~Word{0} << (from % kWordBits));
  if (word == 0) {
    // The summary leads to the next word that is not empty.
    std::size_t next = index + 1;
    std::size_t group = next / kWordBits;
    if (group >= summary_.size()) return end;
    Word groups = summary_[group] & (~Word{0} << (next % kWordBits));
    while (groups == 0) {
      if (++group >= summary_.size() || group * kWordBits * kWordBits >= end) return end;
      groups = summary_[group];
    }
    index = group * kWordBits + static_cast<std::size_t>(std::countr_zero(groups));
    word = words_[index];
  }
  const PageIndex found = index * kWordBits + static_cast<std::size_t>(std::countr_zero(word));
  return std::min(found, end);
}

PageIndex PageBitmap::next_clear(PageIndex from, PageIndex end) const noexcept {
  if (from >= end) return end;
  std::size_t index = from / kWordBits;
  Word clear = ~words_[index] & (~Word{0} << (from % kWordBits));
  while (clear == 0) {
    if (++index * kWordBits >= end) return end;
    clear = ~words_[index];
  }
  const PageIndex found = index * kWordBits + static_cast<std::size_t>(std::countr_zero(clear));
  return std::min(found, end);
}

PageRange PageBitmap::run_around(PageIndex page) const noexcept {
  if (!test(page)) return {page, 0};
  std::size_t index = page / kWordBits;
  // The pages above this one do not count.
  Word clear = ~words_[index] & ((Word{2} << (page % kWordBits)) - 1);
  while (clear == 0 && index != 0) clear = ~words_[--index];
  const PageIndex first =
      clear == 0 ? 0 : (index + 1) * kWordBits - static_cast<std::size_t>(std::countl_zero(clear));
  return PageRange::between(first, next_clear(page, pages_));
}

}  // namespace mkwrite
