// A buffer object: memory with an identity. One memfd, sealed against resizing, the alias that the
// device and the tracker use, and the views through which the CPU writes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "memory/mapping.h"
#include "memory/page.h"
#include "memory/scoped_fd.h"

namespace mkwrite {

class View;

/// A system call may access these pages until it is ended.
struct CpuAccess {
  PageRange range;
  bool writable;
  bool operator==(const CpuAccess&) const noexcept = default;
};

/// Whoever follows the writes to a buffer object (a tracker) hears of its views and of CPU access
/// here.
class AccessObserver {
 public:
  virtual ~AccessObserver() = default;
  /// A view came into being; nothing has written through it yet. May throw: then there is no view.
  virtual void view_created(View& view) = 0;
  /// A view is about to be unmapped; its dirt must be taken now (rule 5).
  virtual void view_destroyed(View& view) noexcept = 0;
  /// See BufferObject::begin_access(). May wait for a device.
  virtual void begin_access(PageRange range, bool writable) = 0;
  virtual void end_access(PageRange range, bool writable) noexcept = 0;
};

class BufferObject : public std::enable_shared_from_this<BufferObject> {
 public:
  /// Page numbers travel as 32-bit integers, which bounds a buffer object (16 TiB of 4 KiB pages).
  static std::size_t max_size() noexcept;

  /// A zeroed, sparse buffer object of at least `size` bytes, rounded up to whole pages.
  /// Throws Error: kOutOfRange for 0 or more than max_size(), kSystem/kOutOfMemory from the kernel.
  static std::shared_ptr<BufferObject> create(std::size_t size);

  ~BufferObject();

  /// Process-wide, never reused.
  std::uint64_t id() const noexcept { return id_; }
  /// The live buffer object with this id, or null.
  static std::shared_ptr<BufferObject> find(std::uint64_t id);

  std::size_t size() const noexcept { return alias_.size(); }  ///< bytes, whole pages
  std::size_t pages() const noexcept { return size() / kPageSize; }
  PageRange all_pages() const noexcept { return {0, pages()}; }
  int fd() const noexcept { return fd_.get(); }
  /// The mapping that is never tracked and never protected: the device's DMA path.
  std::byte* alias() const noexcept { return alias_.data(); }

  /// Calls `visit` for each run of pages that were ever written or read into existence
  /// (SEEK_DATA, man 2 lseek), clamped to `range`. Everything else reads as zeros.
  /// Throws Error (kSystem).
  void for_each_data_run(PageRange range, const std::function<void(PageRange)>& visit) const;

  /// Gives the memory back when the buffer object ends, although something may still map it.
  void punch_at_end() noexcept { punches_.store(true); }

  /// A new CPU mapping. Throws Error. The view keeps its buffer object alive.
  std::shared_ptr<View> create_view();

  /// Keeps `range` accessible in every view until end_access(), for system calls, whoever follows
  /// the writes meanwhile (dma-buf's begin/end CPU access). Accesses may overlap. Throws what the
  /// observer throws, std::bad_alloc.
  void begin_access(PageRange range, bool writable);
  void end_access(PageRange range, bool writable) noexcept;

  /// Hands all views and accesses, present and future, to `observer`. Throws Error
  /// (kAlreadyTracked) if there is one already, and what the observer throws, with nothing changed.
  void attach(std::shared_ptr<AccessObserver> observer);
  /// Takes the observer off again; its views are untracked from then on.
  void detach() noexcept;
  /// Null if there is none.
  std::shared_ptr<AccessObserver> observer() const;

 private:
  friend class View;
  BufferObject(ScopedFd fd, std::size_t size);
  void remove(View& view) noexcept;

  std::uint64_t id_;
  std::atomic<bool> punches_{false};
  ScopedFd fd_;
  Mapping alias_;
  /// Forgets one, and returns who has to hear of it.
  std::shared_ptr<AccessObserver> forget_access(const CpuAccess& access) noexcept;

  /// Guards what is below. Never held while a view's pages are touched. Order: before any tracker's
  /// lock.
  mutable std::mutex mutex_;
  std::vector<View*> views_;
  /// Asked for and not ended, for observers that come later. The one that is there has a list of
  /// those that are in force: it may have to wait for the device first, which nobody does who holds
  /// the mutex.
  std::vector<CpuAccess> accesses_;
  std::shared_ptr<AccessObserver> observer_;
};

/// One CPU mapping of a buffer object: what an ArrayBuffer stands on.
class View {
 public:
  explicit View(std::shared_ptr<BufferObject> buffer);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  BufferObject& buffer() const noexcept { return *buffer_; }
  std::byte* data() const noexcept { return mapping_.data(); }
  std::size_t size() const noexcept { return mapping_.size(); }

 private:
  std::shared_ptr<BufferObject> buffer_;
  Mapping mapping_;
};

}  // namespace mkwrite
