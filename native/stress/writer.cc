#include "stress/writer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "memory/error.h"

namespace mkwrite::stress {
namespace {

constexpr std::size_t kSlotsPerVisit = 32;  ///< at most

// How rare things are: once in so many steps.
constexpr std::size_t kNewView = 4096;
constexpr std::size_t kSystemCall = 1024;
constexpr std::size_t kMark = 512;
constexpr std::size_t kUndo = 8;
constexpr std::size_t kChangeInCalm = 4096;
constexpr std::size_t kPause = 16;
constexpr std::size_t kAdvice = 1024;

/// Pages that a stream writes between two collects: enough to be taken for one.
constexpr std::size_t kPagesPerStream = 192;

}  // namespace

Writer::Writer(const Arenas& arenas, Counts& counts, std::size_t owner, std::uint64_t seed)
    : arenas_(arenas),
      counts_(counts),
      owner_(owner),
      random_(seed + owner),
      file_(memfd_create("mkwrite-stress", MFD_CLOEXEC)) {
  if (!file_) throw_system_error("memfd_create", errno, "Raise the limit on open files.");
}

void Writer::step() {
  Arena& arena = any_arena(arenas_, random_);
  if (random_.one_in(kNewView)) return use_new_view(arena);
  // What is declared written is sent, changed or not, which would hide mistakes of comparisons.
  if (!arena.calm() && random_.one_in(kSystemCall)) return write_by_system_call(arena);
  if (!arena.calm() && random_.one_in(kMark)) return mark_dirty(arena);
  if (random_.one_in(kAdvice)) arena.tracker->set_read_back_pages(random_.one_in(2) ? 1 : 16);
  visit(arena, *arena.views[owner_ % arena.views.size()], arena.any_page(random_));
}

void Writer::visit(Arena& arena, View& view, PageIndex page) {
  // Every fourth time the first touch is a read.
  const bool look_first = random_.one_in(4);
  const bool undo = arena.calm() ? !random_.one_in(kChangeInCalm) : random_.one_in(kUndo);
  if (look_first && random_.one_in(2)) check_promise(arena, view, page);
  const std::size_t most = 1 + random_.below(kSlotsPerVisit);
  // From anywhere in the page on.
  ByteRange bytes = bytes_of({page, 1});
  const std::size_t skipped = random_.below(kPageSize);
  bytes = ByteRange::between(bytes.offset + skipped, bytes.end());
  const auto for_some_slots = [&](auto&& act) {
    std::size_t left = most;
    for_each_slot(bytes, owner_, arena.owners, [&](Slot slot) {
      if (left == 0) return;
      --left;
      act(slot);
    });
  };
  if (undo) {
    for_some_slots([&](Slot slot) {
      const Sequence next = arena.expected[slot].load(std::memory_order_relaxed) + 1;
      store_slot(view.data(), slot, encode(slot, next));
    });
    if (random_.one_in(kPause)) std::this_thread::yield();
  }
  std::uint64_t written = 0;
  for_some_slots([&](Slot slot) {
    if (undo) {
      const Sequence same = arena.expected[slot].load(std::memory_order_relaxed);
      store_slot(view.data(), slot, encode(slot, same));
      note_write(arena, slot, same);
    } else {
      if (look_first) check_own(arena, load_slot(view.data(), slot), slot);
      write_slot(arena, view, slot);
    }
    ++written;
  });
  counts_.cpu_writes += written;
  if (undo) ++counts_.undone;
  if (random_.one_in(8)) check_promise(arena, view, page);
}

void Writer::write_slot(Arena& arena, View& view, Slot slot) noexcept {
  // Relaxed: this thread alone stores it.
  const Sequence sequence = arena.expected[slot].load(std::memory_order_relaxed) + 1;
  store_slot(view.data(), slot, encode(slot, sequence));
  note_write(arena, slot, sequence);
}

void Writer::note_write(Arena& arena, Slot slot, Sequence sequence) noexcept {
  arena.cpu_frame[slot * kSlotSize / kPageSize].store(arena.frame.load(std::memory_order_relaxed),
                                                      std::memory_order_relaxed);
  arena.expected[slot].store(sequence, std::memory_order_release);
}

void Writer::check_own(const Arena& arena, std::uint64_t value, Slot slot) noexcept {
  const Sequence wanted = arena.expected[slot].load(std::memory_order_relaxed);
  if (value != encode(slot, wanted)) ++counts_.lost_updates;
}

void Writer::check_promise(const Arena& arena, View& view, PageIndex page) noexcept {
  for (const Part& part : arena.parts) {
    if (!part.pages.contains(page)) continue;
    const Sequence promised =
        part.promised[page - part.pages.first].load(std::memory_order_acquire);
    if (promised == 0) continue;
    for_each_slot(bytes_of({page, 1}).intersect(part.bytes), kDevice, arena.owners, [&](Slot slot) {
      const auto found = decode(slot, load_slot(view.data(), slot));
      if (!found || *found < promised) ++counts_.stale_reads;
    });
  }
}

// --- Rarer things
// ----------------------------------------------------------------------------------

void Writer::use_new_view(Arena& arena) {
  const std::shared_ptr<View> view = arena.buffer->create_view();
  ++counts_.views_opened;
  for (int i = 0; i < 32; ++i) visit(arena, *view, arena.any_page(random_));
}

void Writer::stream() {
  Arena& arena = streamed_arena(arenas_);
  const std::uint64_t frame = arena.frame.load(std::memory_order_relaxed);
  if (frame == std::exchange(stream_frame_, frame)) return;
  View& view = *arena.views[owner_ % arena.views.size()];
  for (std::size_t left = kPagesPerStream; left > 0; --left) {
    write_slot(arena, view, first_slot(stream_ * kPageSize, owner_, arena.owners));
    stream_ = stream_ + 1 < arena.pages() ? stream_ + 1 : 0;
  }
  counts_.cpu_writes += kPagesPerStream;
  ++counts_.streams;
}

void Writer::write_by_system_call(Arena& arena) {
  View& view = arena.any_view(random_);
  const PageRange pages =
      PageRange{arena.any_page(random_), 1 + random_.below(2)}.intersect(arena.buffer->all_pages());
  arena.tracker->begin_access(pages, true);
  std::size_t left = 4;
  std::uint64_t written = 0;
  for_each_slot(bytes_of(pages), owner_, arena.owners, [&](Slot slot) {
    if (left == 0) return;
    --left;
    check_own(arena, load_slot(view.data(), slot), slot);
    const Sequence sequence = arena.expected[slot].load(std::memory_order_relaxed) + 1;
    const std::uint64_t value = encode(slot, sequence);
    if (pwrite(file_.get(), &value, kSlotSize, 0) != kSlotSize ||
        pread(file_.get(), view.data() + slot * kSlotSize, kSlotSize, 0) != kSlotSize) {
      ++counts_.lost_updates;  // EFAULT: the write was refused
      return;
    }
    note_write(arena, slot, sequence);
    ++written;
  });
  check_promise(arena, view, pages.first);
  arena.tracker->end_access(pages, true);
  counts_.cpu_writes += written;
  ++counts_.cpu_accesses;
}

void Writer::mark_dirty(Arena& arena) {
  // Nobody wrote there. What is reported too much must not overwrite the device's result
  // (rule 7).
  const PageIndex first = arena.any_page(random_);
  arena.tracker->mark_dirty(
      PageRange{first, 1 + random_.below(8)}.intersect(arena.buffer->all_pages()));
  ++counts_.marks;
}

}  // namespace mkwrite::stress
