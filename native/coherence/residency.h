// Which resources have device memory, so that one that was not used for long can give it up.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace mkwrite {

class BufferObject;
class Resource;

class Residency {
 public:
  /// A resource and the buffer object that keeps it.
  struct Resident {
    std::shared_ptr<BufferObject> buffer;
    std::shared_ptr<Resource> resource;
    explicit operator bool() const noexcept { return resource != nullptr; }
  };

  /// Lists a resource that was bound and can be evicted.
  void add(const Resident& resident);
  /// Takes the least recently used resource off the list; one whose last use is `in_use` or later
  /// does not count. Empty if there is none.
  Resident take_least_recently_used(std::uint64_t in_use);

 private:
  struct Entry {
    std::weak_ptr<BufferObject> buffer;
    std::weak_ptr<Resource> resource;
  };
  /// Held for the list alone, never while waiting: buffer objects end on any thread.
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace mkwrite
