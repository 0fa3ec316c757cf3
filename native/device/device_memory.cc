#include "device/device_memory.h"

#include <sys/mman.h>

#include <cerrno>

#include "memory/error.h"

namespace mkwrite {
namespace {

std::size_t round_up(std::size_t size) noexcept {
  return (size + kPageSize - 1) / kPageSize * kPageSize;
}

}  // namespace

class DeviceMemory::Allocation final : public DeviceAllocation {
 public:
  Allocation(std::shared_ptr<DeviceMemory> owner, std::size_t offset, std::size_t size) noexcept
      : owner_(std::move(owner)), offset_(offset), size_(size) {}
  ~Allocation() override { owner_->release(offset_, size_); }
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;

  std::span<std::byte> memory() const noexcept override { return {owner_->base_ + offset_, size_}; }

 private:
  std::shared_ptr<DeviceMemory> owner_;
  std::size_t offset_;
  std::size_t size_;
};

std::shared_ptr<DeviceMemory> DeviceMemory::create(std::size_t limit) {
  const std::size_t rounded = round_up(limit);
  void* base = mmap(nullptr, rounded, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    throw_system_error("mmap", errno,
                       "Create the device with less memory, or raise the address-space limit "
                       "(ulimit -v).");
  }
  return std::shared_ptr<DeviceMemory>(new DeviceMemory(static_cast<std::byte*>(base), rounded));
}

DeviceMemory::DeviceMemory(std::byte* base, std::size_t limit) : base_(base), limit_(limit) {}

DeviceMemory::~DeviceMemory() { munmap(base_, limit_); }

std::unique_ptr<DeviceAllocation> DeviceMemory::allocate(std::size_t size) {
  const std::size_t rounded = round_up(size);
  std::size_t offset = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [taken_offset, taken_size] : taken_) {
      if (taken_offset - offset >= rounded) break;  // first fit
      offset = taken_offset + taken_size;
    }
    if (rounded > limit_ || offset > limit_ - rounded) return nullptr;
    taken_.emplace(offset, rounded);
    used_ += rounded;
  }
  return std::make_unique<Allocation>(shared_from_this(), offset, rounded);
}

std::size_t DeviceMemory::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

void DeviceMemory::release(std::size_t offset, std::size_t size) noexcept {
  // Fresh pages are zeros; contents never pass from one owner to the next.
  madvise(base_ + offset, size, MADV_DONTNEED);
  const std::lock_guard lock(mutex_);
  taken_.erase(offset);
  used_ -= size;
}

}  // namespace mkwrite
