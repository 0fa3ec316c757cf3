// The userfaultfd of this process: asynchronous write protection, the kernel resolves the faults
// itself (Documentation/admin-guide/mm/userfaultfd.rst, WP_ASYNC since Linux 6.7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "memory/page.h"

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
  void unregister_range(void* address, std::size_t size) noexcept;

  /// PAGEMAP_SCAN, get and write-protect: visits the runs of pages (numbered from `base`) in
  /// `range` that were written, and protects exactly those again. Each page's look and protection
  /// are one step. Throws Error (kSystem); pages visited before that are protected, the rest
  /// untouched.
  static void scan_and_protect(std::byte* base, PageRange range,
                               const std::function<void(PageRange)>& visit);
  /// The same without protecting anything.
  static void scan(std::byte* base, PageRange range, const std::function<void(PageRange)>& visit);

 private:
  static void walk(std::byte* base, PageRange range, std::uint64_t flags,
                   const std::function<void(PageRange)>& visit);
  Userfaultfd();
  int fd_ = -1;
};

}  // namespace mkwrite
