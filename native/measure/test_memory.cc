#include "measure/test_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "memory/error.h"
#include "memory/page.h"

namespace mkwrite {
namespace {

constexpr std::array<std::pair<std::string_view, MemoryKind>, 5> kNames{{
    {"shared", MemoryKind::kShared},
    {"shared-huge", MemoryKind::kSharedHuge},
    {"anonymous", MemoryKind::kAnonymous},
    {"anonymous-huge", MemoryKind::kAnonymousHuge},
    {"reserved-huge", MemoryKind::kReservedHuge},
}};

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::kUnsupported, reason);
}

/// Bytes of a transparent huge page.
std::size_t transparent_huge_page() {
  std::size_t bytes = 0;
  std::ifstream("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") >> bytes;
  if (bytes == 0) refuse("This kernel has no transparent huge pages.");
  return bytes;
}

/// Bytes of a hugetlb page, of the size that is the default here.
std::size_t reserved_huge_page() {
  std::ifstream info("/proc/meminfo");
  for (std::string name; info >> name;) {
    std::size_t kib = 0;
    if (name == "Hugepagesize:" && info >> kib) return kib * 1024;
    std::getline(info, name);
  }
  refuse("This kernel has no huge pages (CONFIG_HUGETLBFS).");
}

/// How many bytes of the range are mapped by transparent huge pages (man 5 proc, smaps).
std::size_t huge_bytes(const std::byte* begin, std::size_t size) {
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  std::ifstream smaps("/proc/self/smaps");
  std::size_t found = 0;
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    const std::size_t dash = line.find('-');
    if (dash != std::string::npos && dash < line.find(' ')) {
      std::uintptr_t first = 0;
      std::from_chars(line.data(), line.data() + dash, first, 16);
      inside = first >= address && first < address + size;
    } else if (inside &&
               (line.starts_with("AnonHugePages:") || line.starts_with("ShmemPmdMapped:"))) {
      found += std::stoul(line.substr(line.find(':') + 1)) * 1024;
    }
  }
  return found;
}

std::size_t page_size_of(MemoryKind kind) {
  return kind == MemoryKind::kReservedHuge ? reserved_huge_page() : kPageSize;
}

/// What mappings of this kind have to be aligned to.
std::size_t alignment_of(MemoryKind kind) {
  switch (kind) {
    case MemoryKind::kSharedHuge:
    case MemoryKind::kAnonymousHuge:
      return transparent_huge_page();
    case MemoryKind::kReservedHuge:
      return reserved_huge_page();
    default:
      return kPageSize;
  }
}

}  // namespace

MemoryKind memory_kind_named(std::string_view name) {
  const auto* const found =
      std::ranges::find(kNames, name, [](const auto& it) { return it.first; });
  if (found != kNames.end()) return found->second;
  throw Error(ErrorCode::kInvalidArgument, "There is no memory \"" + std::string(name) + "\".");
}

TestMemory::TestMemory(MemoryKind kind, std::size_t size)
    : kind_(kind), page_size_(page_size_of(kind)) {
  const std::size_t alignment = alignment_of(kind);
  size_ = (size + alignment - 1) / alignment * alignment;
  reserved_size_ = size_ + alignment;
  void* const space =
      mmap(nullptr, reserved_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (space == MAP_FAILED) throw_system_error("mmap", errno, "Free memory and try again.");
  reserved_ = static_cast<std::byte*>(space);
  const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(space);
  std::byte* const aligned = reserved_ + (alignment - start % alignment) % alignment;

  int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;
  if (kind == MemoryKind::kReservedHuge) flags |= MAP_HUGETLB;
  if (kind == MemoryKind::kShared || kind == MemoryKind::kSharedHuge) {
    fd_ = ScopedFd(memfd_create("mkwrite-measure", MFD_CLOEXEC));
    if (!fd_ || ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) {
      const int error = errno;
      munmap(space, reserved_size_);
      throw_system_error("memfd_create", error, "Raise the limit of open files (ulimit -n).");
    }
    flags = MAP_FIXED | MAP_SHARED;
  }
  void* const mapped = mmap(aligned, size_, PROT_READ | PROT_WRITE, flags, fd_.get(), 0);
  if (mapped == MAP_FAILED) {
    const int error = errno;
    munmap(space, reserved_size_);
    if (kind == MemoryKind::kReservedHuge) {
      refuse("Too few huge pages are set aside for " + std::to_string(size_ >> 20U) +
             " MiB (vm.nr_hugepages).");
    }
    throw_system_error("mmap", error, "Free memory and try again.");
  }
  data_ = static_cast<std::byte*>(mapped);
  madvise(data_, size_, is_huge() ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  madvise(data_, size_, MADV_DONTFORK);
  std::memset(data_, 1, size_);
  try {
    mend();
  } catch (...) {
    munmap(space, reserved_size_);
    throw;
  }
}

TestMemory::~TestMemory() { munmap(reserved_, reserved_size_); }

bool TestMemory::is_huge() const noexcept {
  return kind_ == MemoryKind::kSharedHuge || kind_ == MemoryKind::kAnonymousHuge;
}

void TestMemory::mend() {
  if (!is_huge()) return;
  constexpr int kCollapse = 25;  // MADV_COLLAPSE, Linux 6.1
  const bool collapsed = madvise(data_, size_, kCollapse) == 0;
  const int error = errno;
  if (huge_bytes(data_, size_) >= size_) return;
  refuse(std::string("The kernel does not put this memory into huge pages (") +
         (collapsed ? "it says it did" : std::generic_category().message(error)) +
         "); /sys/kernel/mm/transparent_hugepage has the settings.");
}

}  // namespace mkwrite
