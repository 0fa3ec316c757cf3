#include "tracking/glances.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include "memory/same_bytes.h"

namespace mkwrite {
namespace {

// Threads of the program may be writing what is read here, through views. Whatever comes of that is
// a hint as good as any.

std::uint64_t word_at(const std::byte* page, std::size_t place) noexcept {
  return __atomic_load_n(reinterpret_cast<const std::uint64_t*>(page) + place, __ATOMIC_RELAXED);
}

/// The number of the first word that differs between two pages, or of words in a page.
std::size_t first_difference(const std::byte* a, const std::byte* b) noexcept {
  constexpr std::size_t kBlock = 128;
  constexpr std::size_t kWords = kBlock / sizeof(std::uint64_t);
  const std::size_t words = kPageSize / sizeof(std::uint64_t);
  for (std::size_t block = 0; block < words; block += kWords) {
    const std::size_t offset = block * sizeof(std::uint64_t);
    if (same_bytes(a + offset, b + offset, kBlock)) continue;
    for (std::size_t word = block; word < block + kWords; ++word) {
      if (word_at(a, word) != word_at(b, word)) return word;
    }
  }
  return words;
}

template <typename Visit>
void for_each_page(PageIndex first, std::uint64_t pages, Visit&& visit) {
  for (; pages != 0; pages &= pages - 1) {
    const auto bit = static_cast<std::size_t>(std::countr_zero(pages));
    visit(first + bit, std::uint64_t{1} << bit);
  }
}

}  // namespace

bool Glances::compare(const std::byte* contents, PageIndex page) noexcept {
  const std::byte* const now = contents + (page << kPageShift);
  const std::size_t place = first_difference(snapshot_at(places_[page] - words_in_page()), now);
  if (place == words_in_page()) return false;
  tell_.add(true);
  elsewhere_.add(place != 0);
  places_[page] = static_cast<std::uint16_t>(place);
  words_[page] = word_at(now, place);
  return true;
}

std::uint64_t Glances::take(const std::byte* contents, PageIndex first,
                            std::uint64_t pages) noexcept {
  std::uint64_t differing = 0;
  for_each_page(first, pages, [&](PageIndex page, std::uint64_t bit) {
    if (has_snapshot(page)) {
      if (compare(contents, page)) differing |= bit;
      return;
    }
    const std::uint64_t now = word_at(contents + (page << kPageShift), places_[page]);
    if (std::exchange(words_[page], now) != now) differing |= bit;
  });
  return differing;
}

void Glances::begin(const std::byte* contents) noexcept {
  left_ = tell_.worthwhile() ? kPerCollect : 1;
  for (std::size_t at = begun_[0]; at < taken_; ++at) {
    const std::size_t slot = at % kSnapshots;
    if (in_use(slot) && !compare(contents, owners_[slot]) && at < begun_[1]) drop(slot);
  }
  std::shift_left(begun_.begin(), begun_.end(), 1);
  begun_.back() = taken_;
}

void Glances::drop(std::size_t slot) noexcept {
  tell_.add(false);
  places_[owners_[slot]] = 0;
  words_[owners_[slot]] = word_at(snapshot_at(slot), 0);
}

bool Glances::provide() noexcept {
  if (memory_ == nullptr) memory_.reset(new (std::nothrow) std::byte[kSnapshots * kPageSize]);
  if (owners_ == nullptr) owners_.reset(new (std::nothrow) PageIndex[kSnapshots]{});
  return memory_ != nullptr && owners_ != nullptr;
}

void Glances::store(const std::byte* contents, PageIndex page) noexcept {
  const std::size_t slot = taken_++ % kSnapshots;
  std::memcpy(snapshot_at(slot), contents + (page << kPageShift), kPageSize);
  owners_[slot] = page;
  places_[page] = static_cast<std::uint16_t>(words_in_page() + slot);
}

std::uint64_t Glances::snapshot(const std::byte* contents, PageIndex first, std::uint64_t fresh,
                                std::uint64_t silent) noexcept {
  if (!elsewhere_.worthwhile()) fresh = 0;
  std::uint64_t taken = 0;
  for_each_page(first, fresh | silent, [&](PageIndex page, std::uint64_t bit) {
    const bool known = (silent & bit) == 0 && places_[page] != 0;
    if (known || has_snapshot(page) || left_ == 0 || !provide()) return;
    --left_;
    store(contents, page);
    taken |= bit;
  });
  return taken;
}

}  // namespace mkwrite
