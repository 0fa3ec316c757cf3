// A shared mapping of a file that unmaps itself. Mappings are kept out of forked children, whose
// writes nobody here would see (MADV_DONTFORK), and off huge pages, which report 2 MiB as one.
// Large ones begin where a page table does, so that the pages of a table are numbered alike in all.
#pragma once

#include <cstddef>

namespace mkwrite {

class Mapping {
 public:
  Mapping() = default;
  /// Maps `size` bytes of `fd` from its start, readable and writable.
  Mapping(int fd, std::size_t size);
  /// The same with that protection (PROT_).
  /// Throws Error (kOutOfMemory when address space or vm.max_map_count is exhausted).
  Mapping(int fd, std::size_t size, int protection);
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

  /// Leaves the memory mapped for ever.
  void release() noexcept { data_ = nullptr; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mkwrite
