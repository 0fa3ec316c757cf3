// Finds the ranges that overlap a given one among many that may overlap each other: O(log n +
// found) by keeping, for each subtree of an implicit balanced search tree, where its ranges end at
// most. Adding and removing are O(n). Lookup neither allocates nor throws, so signal handlers may
// do it under the owner's lock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "memory/page.h"

namespace mkwrite {

template <typename T>
class RangeIndex {
 public:
  void add(ByteRange range, T* value) {
    entries_.reserve(entries_.size() + 1);
    const auto place = std::ranges::upper_bound(
        entries_, range.offset, {}, [](const Entry& entry) { return entry.range.offset; });
    entries_.insert(place, {range, 0, value});
    update(0, entries_.size());
  }

  void remove(const T* value) noexcept {
    std::erase_if(entries_, [value](const Entry& entry) { return entry.value == value; });
    update(0, entries_.size());
  }

  std::size_t size() const noexcept { return entries_.size(); }

  /// Calls `visit(T&)` for each value whose range shares a byte with `range`, by ascending offset.
  template <typename Visit>
  void for_each_overlapping(ByteRange range, Visit&& visit) const {
    if (!range.empty()) search(0, entries_.size(), range, visit);
  }

 private:
  struct Entry {
    ByteRange range;
    std::size_t subtree_end;  ///< the largest end in the subtree whose root this is
    T* value;
  };

  static std::size_t root(std::size_t first, std::size_t end) noexcept {
    return first + (end - first) / 2;
  }

  std::size_t update(std::size_t first, std::size_t end) noexcept {
    if (first == end) return 0;
    Entry& entry = entries_[root(first, end)];
    const std::size_t below = update(first, root(first, end));
    const std::size_t above = update(root(first, end) + 1, end);
    entry.subtree_end = std::max({entry.range.end(), below, above});
    return entry.subtree_end;
  }

  template <typename Visit>
  void search(std::size_t first, std::size_t end, ByteRange range, Visit& visit) const {
    if (first == end) return;
    const Entry& entry = entries_[root(first, end)];
    if (entry.subtree_end <= range.offset) return;
    search(first, root(first, end), range, visit);
    if (entry.range.offset >= range.end()) return;
    if (entry.range.end() > range.offset) visit(*entry.value);
    search(root(first, end) + 1, end, range, visit);
  }

  std::vector<Entry> entries_;
};

}  // namespace mkwrite
