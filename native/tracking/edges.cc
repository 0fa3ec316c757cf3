#include "tracking/edges.h"

#include <algorithm>
#include <utility>

namespace mkwrite {
namespace {

constexpr std::size_t kFirstWidth = 16;
constexpr std::size_t kLargestWidth = 1024;
// An edge that rests for as many collects is over.
constexpr unsigned kLongestInterval = 8;
// Looks that find all pages cold become wider by an eighth, then by a quarter, a half, and as much
// again: an edge that moves steadily takes few faults, one that has been lost is caught up with.
constexpr unsigned kFullSpeed = 3;
// Edges that are closer to each other are the same.
constexpr std::size_t kApart = 128;

std::size_t distance(PageIndex a, PageIndex b) noexcept { return a < b ? b - a : a - b; }

}  // namespace

void Edges::learn(Edge& edge, const PageBitmap& found) noexcept {
  const PageRange looked = std::exchange(edge.looked, {});
  std::size_t cold = 0;
  const auto in_turn = [&](std::size_t i) {
    return edge.upwards ? looked.first + i : looked.end() - 1 - i;
  };
  while (cold < looked.count && !found.test(in_turn(cold))) ++cold;
  if (cold == 0) {
    edge.streak = 0;
    edge.width = 1;
    edge.interval *= 2;
    if (edge.interval > kLongestInterval) edge = {};
    return;
  }
  edge.interval = 1;
  if (cold < looked.count) {
    edge.width = cold;
    edge.streak = 0;
  } else {
    const std::size_t more = edge.width >> (kFullSpeed - std::min(edge.streak, kFullSpeed));
    edge.width = std::min(edge.width + std::max<std::size_t>(more, 1), kLargestWidth);
    ++edge.streak;
  }
  // At the end of the buffer object it goes on at the beginning, as in ring buffers.
  if (edge.upwards) {
    edge.next = looked.first + cold == found.pages() ? 0 : looked.first + cold;
  } else {
    edge.next = (looked.end() == cold ? found.pages() : looked.end() - cold) - 1;
  }
}

PageRange Edges::next_look(const Edge& edge, const PageBitmap& found,
                           const PageBitmap& open) noexcept {
  const auto may_be_written = [&](PageIndex page) { return open.test(page) || found.test(page); };
  std::size_t count = 0;
  if (edge.upwards) {
    const std::size_t most = std::min(edge.width, open.pages() - edge.next);
    while (count < most && may_be_written(edge.next + count)) ++count;
    return {edge.next, count};
  }
  const std::size_t most = std::min(edge.width, edge.next + 1);
  while (count < most && may_be_written(edge.next - count)) ++count;
  return {edge.next + 1 - count, count};
}

void Edges::advance(const PageBitmap& found, const PageBitmap& open, PageRange range) noexcept {
  looking_.clear();
  for (Edge& edge : edges_) {
    if (edge.width == 0) continue;
    if (!edge.looked.empty()) {
      if (edge.looked.intersect(range) != edge.looked) continue;  // nobody asks for now
      learn(edge, found);
      if (edge.width == 0) continue;
    }
    if (++edge.age < edge.interval) continue;
    const PageRange look = next_look(edge, found, open);
    if (look.empty()) {
      edge = {};
    } else if (look.intersect(range) == look) {
      edge.age = 0;
      edge.looked = look;
      looking_.set(look);
    }
  }
}

void Edges::begin(PageRange run, const PageBitmap& open) noexcept {
  if (run.count < kSmallestRun) return;
  if (run.end() < open.pages() && open.test(run.end())) begin_at(run.end(), true);
  if (run.first > 0 && open.test(run.first - 1)) begin_at(run.first - 1, false);
}

void Edges::begin_at(PageIndex page, bool upwards) noexcept {
  Edge* free = nullptr;
  for (Edge& edge : edges_) {
    if (edge.width == 0) {
      free = &edge;
    } else if (edge.upwards == upwards && distance(edge.next, page) < kApart) {
      return;
    }
  }
  if (free == nullptr) return;
  *free = {};
  free->next = page;
  free->width = kFirstWidth;
  free->streak = kFullSpeed;
  free->upwards = upwards;
}

void Edges::forget(PageRange range) noexcept {
  for (Edge& edge : edges_) {
    if (edge.width != 0 && (range.contains(edge.next) || !range.intersect(edge.looked).empty())) {
      edge = {};
    }
  }
}

}  // namespace mkwrite
