// A buffer object with a view and a tracker, and the few operations that tests do with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "memory/buffer_object.h"
#include "tracking/tracker.h"
#include "watchdog.h"

namespace mkwrite::test {

using Pages = std::vector<PageIndex>;

/// The volatile byte `offset` bytes into a page: each use is one load or store.
inline volatile std::uint8_t& byte_at(const View& view, PageIndex page, std::size_t offset = 0) {
  return reinterpret_cast<volatile std::uint8_t*>(view.data())[page * kPageSize + offset];
}

inline volatile std::uint64_t& word_at(const View& view, PageIndex page, std::size_t index = 0) {
  return *reinterpret_cast<volatile std::uint64_t*>(view.data() + page * kPageSize +
                                                    index * sizeof(std::uint64_t));
}

inline Pages pages_of(PageRange range) {
  Pages pages;
  for (PageIndex page = range.first; page < range.end(); ++page) pages.push_back(page);
  return pages;
}

inline Pages collect(Tracker& tracker, PageRange range) {
  Pages pages;
  tracker.collect(range, [&](PageRange run) {
    for (PageIndex page = run.first; page < run.end(); ++page) pages.push_back(page);
  });
  return pages;
}

class TrackedBuffer {
 public:
  TrackedBuffer(std::size_t pages, MechanismKind kind)
      : TrackedBuffer(pages, mechanism_name(kind)) {}
  TrackedBuffer(std::size_t pages, std::string_view policy)
      : TrackedBuffer(pages, make_policy(policy, pages)) {}
  TrackedBuffer(std::size_t pages, std::unique_ptr<Policy> policy)
      : buffer(BufferObject::create(pages * kPageSize)),
        view(buffer->create_view()),
        tracker(Tracker::begin(*buffer, std::move(policy))) {}
  TrackedBuffer(const TrackedBuffer&) = delete;
  TrackedBuffer& operator=(const TrackedBuffer&) = delete;
  ~TrackedBuffer() { buffer->detach(); }

  Pages collect() { return test::collect(tracker, buffer->all_pages()); }
  Pages collect(PageRange range) { return test::collect(tracker, range); }

  /// What a collect of everything must report when exactly `written` was written.
  Pages expected(Pages written) const {
    return tracker.mechanism() == MechanismKind::kFull ? pages_of(buffer->all_pages()) : written;
  }

  const std::shared_ptr<BufferObject> buffer;
  const std::shared_ptr<View> view;
  Tracker& tracker;
};

}  // namespace mkwrite::test
