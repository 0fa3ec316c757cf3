// One CPU writer: writes its slots through views, and watches that what it wrote stays, and that it
// sees what fences have promised.
#pragma once

#include <cstddef>
#include <cstdint>

#include "memory/scoped_fd.h"
#include "stress/arena.h"
#include "stress/counts.h"

namespace mkwrite::stress {

class Writer {
 public:
  /// `owner`: 1 for the first. Everything outlives the writer. Throws Error.
  Writer(const Arenas& arenas, Counts& counts, std::size_t owner, std::uint64_t seed);

  /// Some writes to one page, or something rarer. Throws Error.
  void step();

  /// If there was a collect or submission since the last time: writes the next pages in a row, for
  /// policies that open ahead of such writers.
  void stream();

 private:
  /// Writes slots of `page` and looks at others there. Now and then it writes them there and back,
  /// which whoever compares must not be taken in by.
  void visit(Arena& arena, View& view, PageIndex page);
  /// Looks whether a slot of this writer still holds what it wrote last.
  void check_own(const Arena& arena, std::uint64_t value, Slot slot) noexcept;
  void check_promise(const Arena& arena, View& view, PageIndex page) noexcept;
  void write_slot(Arena& arena, View& view, Slot slot) noexcept;
  /// What follows each write: the order is that of Arena::expected.
  void note_write(Arena& arena, Slot slot, Sequence sequence) noexcept;

  /// Opens a view of its own, writes through it, closes it.
  void use_new_view(Arena& arena);
  /// Writes by a system call under CPU access.
  void write_by_system_call(Arena& arena);
  void mark_dirty(Arena& arena);

  const Arenas& arenas_;
  Counts& counts_;
  std::size_t owner_;
  Random random_;
  PageIndex stream_ = 0;            ///< where its stream goes on
  std::uint64_t stream_frame_ = 0;  ///< of the arena, when it last did
  ScopedFd file_;                   ///< what the system call reads from
};

}  // namespace mkwrite::stress
