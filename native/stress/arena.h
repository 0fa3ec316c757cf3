// One buffer object that is fought over, and what each of its slots must hold.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "coherence/resource.h"
#include "memory/buffer_object.h"
#include "stress/grounds.h"
#include "stress/random.h"
#include "stress/slot.h"
#include "tracking/tracker.h"

namespace mkwrite::stress {

/// A resource of an arena.
struct Part {
  Part(ByteRange range, std::shared_ptr<Resource> made, std::shared_ptr<Resource> copy)
      : bytes(range),
        pages(pages_covering(range)),
        resource(std::move(made)),
        target(std::move(copy)),
        promised(pages.count) {}

  ByteRange bytes;
  PageRange pages;
  std::shared_ptr<Resource> resource;
  std::shared_ptr<Resource> target;  ///< device memory that copies go to
  /// By page, from the first on: the device's slots of this part hold at least this, because a
  /// fence behind the command that wrote it has signaled.
  std::vector<std::atomic<Sequence>> promised;
};

class Arena {
 public:
  explicit Arena(const Grounds& grounds);

  std::size_t pages() const noexcept { return buffer->pages(); }
  std::size_t slots() const noexcept { return expected.size(); }
  View& any_view(Random& random) const noexcept { return *views[random.below(views.size())]; }

  /// A page of where everybody meets, mostly.
  PageIndex any_page(Random& random) const noexcept;
  /// Where everybody meets.
  PageRange hot() const noexcept;
  /// Begins another round: everybody meets elsewhere, every second time around `border`, the page
  /// of two resources; and every second time writers leave things as they were, mostly.
  void begin_round(Random& random, PageIndex border) noexcept;
  bool calm() const noexcept { return calm_.load(std::memory_order_relaxed); }

  /// The slots in `where` whose bytes there differ from what they must hold, by owner. `memory`
  /// holds the bytes of `where`. Nobody may be writing.
  struct Differences {
    std::uint64_t of_writers = 0;
    std::uint64_t of_device = 0;
  };
  Differences compare(std::span<const std::byte> memory, ByteRange where) const noexcept;

  const std::shared_ptr<BufferObject> buffer;
  const std::vector<std::shared_ptr<View>> views;
  const std::size_t owners;    ///< the device and the writers
  Tracker* tracker = nullptr;  ///< the buffer object's
  std::vector<Part> parts;     ///< none without a device

  /// By slot: stored (release) after the slot itself, so whoever loads it (acquire) knows that the
  /// slot was written at least that often. Only the slot's owner stores it.
  std::vector<std::atomic<Sequence>> expected;

  /// Number of the submission or collect that is next. Relaxed: it only counts conflicts and paces
  /// streams.
  std::atomic<std::uint64_t> frame{1};
  /// By page: the frame in which a writer last wrote it.
  std::vector<std::atomic<std::uint64_t>> cpu_frame;

 private:
  std::atomic<PageIndex> hot_first_{0};
  std::atomic<bool> calm_{false};
};

using Arenas = std::vector<std::unique_ptr<Arena>>;

/// The one that a stream passes through: the last. Others write little there, and it is mostly
/// collected as a whole; else nobody could tell the stream.
inline Arena& streamed_arena(const Arenas& arenas) noexcept { return *arenas.back(); }

/// One of `arenas`. The last but one is left alone mostly, so that it gets evicted.
Arena& any_arena(const Arenas& arenas, Random& random) noexcept;
/// The same for who collects or submits.
Arena& any_used_arena(const Arenas& arenas, Random& random) noexcept;

}  // namespace mkwrite::stress
