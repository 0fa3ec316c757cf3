#include "tracking/streams.h"

#include <algorithm>
#include <utility>

namespace mkwrite {
void Streams::move(Stream& stream, std::ptrdiff_t start, PageRange run,
                   const PageBitmap& found) noexcept {
  if (stream.used != now_) {
    // What it wrote last time is known only now, by where it goes on.
    const std::ptrdiff_t moved = start - stream.start;
    stream.advance = stream.proved && moved > 0 ? static_cast<std::size_t>(moved) : run.count;
    stream.start = start;
    stream.used = now_;
  }
  stream.passed = run;
  stream.next_within = PageRange::between(run.end(), found.next_clear(run.end(), found.pages()));
  const std::ptrdiff_t expected = stream.start + static_cast<std::ptrdiff_t>(stream.advance);
  const auto end = static_cast<std::ptrdiff_t>(run.end());
  const auto pages = static_cast<std::ptrdiff_t>(found.pages());
  // What went beyond the end of the buffer object has gone on at its beginning.
  const std::ptrdiff_t beyond = end == pages ? expected - pages : 0;
  const bool wrapped =
      beyond > 0 && beyond < pages &&
      found.next_clear(0, static_cast<PageIndex>(beyond)) == static_cast<PageIndex>(beyond);
  const bool as_expected =
      stream.proved && expected >= end &&
      (wrapped || stream.next_within.contains(static_cast<PageIndex>(expected)));
  // Else its next fault tells where it is, and how far it has come.
  stream.certain = as_expected || stream.next_within.empty();
  stream.next_start = as_expected ? expected : end;
  if (pages - stream.next_start >= static_cast<std::ptrdiff_t>(kSmallestWindow)) {
    stream.next = static_cast<PageIndex>(stream.next_start);
    return;
  }
  // It goes on at the beginning, as ring buffers do; perhaps in this same collect.
  stream.next = as_expected && wrapped ? static_cast<PageIndex>(beyond) : 0;
  stream.start -= pages;
  stream.next_start -= pages;
}

void Streams::follow(Stream& stream, const PageBitmap& found, PageBitmap& ahead) noexcept {
  const PageRange open = std::exchange(stream.open, {});
  if (!found.test(open.end() - 1)) {
    // It rests, or it is over, or it came less far: it has to be found again.
    stream.most = std::max(stream.most / 2, kSmallestWindow);
    stream.start = stream.next_start;
    stream.next_within = open;
    return;
  }
  ahead.clear(open);
  // Beyond the window pages are protected, so how far it went is known, but for what its last fault
  // opened along with its page.
  const PageIndex reached = ahead.next_set(open.end(), found.next_clear(open.end(), found.pages()));
  stream.most = std::min(2 * stream.most, kLargestWindow);
  move(stream, stream.next_start, PageRange::between(open.first, reached), found);
}

bool Streams::any() const noexcept {
  return std::ranges::any_of(streams_, [&](const Stream& stream) {
    return stream.proved && now_ - stream.used <= kPatience;
  });
}

void Streams::note_run(PageRange run, const PageBitmap& found) noexcept {
  const auto first = static_cast<std::ptrdiff_t>(run.first);
  for (Stream& stream : streams_) {
    if (stream.used == 0) continue;
    if (stream.next == run.first || stream.next_within.contains(run.first)) {
      stream.proved = true;
      move(stream, stream.next == run.first ? stream.next_start : first, run, found);
      return;
    }
    // Part of what a stream has just passed.
    if (stream.used == now_ && stream.passed.contains(run.first)) return;
  }
  Stream& oldest = *std::ranges::min_element(streams_, {}, &Stream::used);
  oldest = {};
  oldest.most = kFirstTrust;
  move(oldest, first, run, found);
}

void Streams::observe(const PageBitmap& found, const PageBitmap& open, PageBitmap& ahead) noexcept {
  ++now_;
  for (Stream& stream : streams_) {
    if (stream.used != 0 && now_ - stream.used > kPatience) stream = {};
    if (!stream.open.empty()) follow(stream, found, ahead);
  }
  // A run that is long enough has a word of its own.
  static_assert(kSmallestWindow >= 127);
  if (!found.any_full_word()) return;
  found.for_each_run(found.all(), [&](PageRange run) {
    if (run.count < kSmallestWindow) return;
    ahead.for_each_gap(run, [&](PageRange part) {
      open.for_each_gap(part, [&](PageRange seen) {
        if (seen.count >= kSmallestWindow) note_run(seen, found);
      });
    });
  });
}

}  // namespace mkwrite
