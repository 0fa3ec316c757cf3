// Many mappings that do nothing: a process as large programs are.
#pragma once

#include <cstddef>

namespace mkwrite {

class MappingCrowd {
 public:
  /// Adds `count` mappings to this process. Throws Error (kUnsupported) if vm.max_map_count does
  /// not leave room for them and for a reserve that the process needs to go on.
  explicit MappingCrowd(std::size_t count);
  ~MappingCrowd();
  MappingCrowd(const MappingCrowd&) = delete;
  MappingCrowd& operator=(const MappingCrowd&) = delete;

 private:
  std::size_t size_;
  std::byte* data_;
};

}  // namespace mkwrite
