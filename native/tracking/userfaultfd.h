// The userfaultfd of this process: asynchronous write protection, the kernel resolves the faults
// itself (Documentation/admin-guide/mm/userfaultfd.rst, WP_ASYNC since Linux 6.7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "memory/page.h"
#include "tracking/uapi.h"

namespace mkwrite {

class Userfaultfd {
 public:
  /// The one of this process; opened at first use. Throws Error (kMechanismUnavailable) saying what
  /// the kernel refused and what would change that. In a forked child, where the inherited
  /// descriptor would act on the parent, a new one is opened.
  static Userfaultfd& instance();

  /// Write-protects `size` bytes from `address` on, absent pages included: from here on the first
  /// write to each page is noted by the kernel. Throws Error (kSystem).
  void register_range(void* address, std::size_t size);
  /// The same in two steps: until it is protected, a page counts as written. Both throw Error
  /// (kSystem).
  void register_open(void* address, std::size_t size);
  void protect_registered(void* address, std::size_t size);
  /// Returns whether it did; else nothing has changed.
  bool unregister_range(void* address, std::size_t size) noexcept;

  /// PAGEMAP_SCAN, get and write-protect: visits the runs of pages (numbered from `base`) in
  /// `range` that were written, and protects exactly those again. Each page's look and protection
  /// are one step. Throws Error (kSystem); pages visited before that are protected, the rest
  /// untouched.
  template <typename Visit>
  static void scan_and_protect(std::byte* base, PageRange range, Visit&& visit) {
    walk(Scan(base, range, true), visit);
  }
  /// The same without protecting anything.
  template <typename Visit>
  static void scan(std::byte* base, PageRange range, Visit&& visit) {
    walk(Scan(base, range, false), visit);
  }

 private:
  /// A scan under way, a system call at a time.
  class Scan {
   public:
    Scan(std::byte* base, PageRange range, bool protects) noexcept;
    /// The next runs; empty at the end. Throws Error.
    std::span<const uapi::PageRegion> next();

   private:
    std::uintptr_t base_;
    bool done_ = false;
    uapi::ScanArguments arguments_;
    // The kernel's own buffer holds 512 regions. With more, Linux 6.18 leaves walk_end behind; with
    // no more than that it is right, and a scan that does not fill the vector is complete.
    // It allocates as many as are asked for: above 8 KiB each call takes half a microsecond more.
    std::array<uapi::PageRegion, 256> regions_;
  };
  template <typename Visit>
  static void walk(Scan&& scan, Visit&& visit) {
    for (;;) {
      const auto regions = scan.next();
      if (regions.empty()) return;
      // Counted from the mapping's first page in `visit`.
      for (const uapi::PageRegion& region : regions) {
        visit(PageRange::between(region.start, region.end));
      }
    }
  }
  Userfaultfd();
  int fd_ = -1;
};

}  // namespace mkwrite
