// A shared mapping of a file that unmaps itself. Mappings are kept out of forked children, whose
// writes nobody here would see (MADV_DONTFORK), and off huge pages, which report 2 MiB as one.
#pragma once

#include <cstddef>

namespace mkwrite {

class Mapping {
 public:
  Mapping() = default;
  /// Maps `size` bytes of `fd` from its start, readable and writable.
  /// Throws Error (kOutOfMemory when address space or vm.max_map_count is exhausted).
  Mapping(int fd, std::size_t size);
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mkwrite
