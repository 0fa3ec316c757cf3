// Memory of a chosen kind to time faults on: as the library has it, or what it could have had.
#pragma once

#include <cstddef>
#include <string_view>

#include "memory/scoped_fd.h"

namespace mkwrite {

enum class MemoryKind {
  kShared,         ///< a memfd in ordinary pages, as buffer objects are
  kSharedHuge,     ///< a memfd in transparent huge pages
  kAnonymous,      ///< private anonymous memory in ordinary pages
  kAnonymousHuge,  ///< the same in transparent huge pages
  kReservedHuge,   ///< hugetlb pages, which the administrator has set aside
};

/// "shared", "shared-huge", "anonymous", "anonymous-huge", "reserved-huge". Throws Error.
MemoryKind memory_kind_named(std::string_view name);

/// A mapping whose pages are all present, writable, and unmapped at the end.
class TestMemory {
 public:
  /// Rounds `size` up to whole pages of the kind. Throws Error: kUnsupported, with the reason,
  /// where this machine does not have such memory.
  TestMemory(MemoryKind kind, std::size_t size);
  ~TestMemory();
  TestMemory(const TestMemory&) = delete;
  TestMemory& operator=(const TestMemory&) = delete;

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  /// Bytes: what the kernel can protect by itself in memory of this kind.
  std::size_t page_size() const noexcept { return page_size_; }

  /// Transparent huge pages fall apart when a part of them is protected; this makes them whole
  /// again. Does nothing for other kinds. The memory must be writable. Throws Error (kUnsupported).
  void mend();

 private:
  bool is_huge() const noexcept;

  MemoryKind kind_;
  std::size_t page_size_;
  std::size_t size_;
  ScopedFd fd_;
  std::byte* reserved_ = nullptr;  ///< address space around it, for its alignment
  std::size_t reserved_size_ = 0;
  std::byte* data_ = nullptr;
};

}  // namespace mkwrite
