// Kernel interfaces that are newer than the headers of the oldest system this builds on (6.1).
// Values from include/uapi/linux/userfaultfd.h and include/uapi/linux/fs.h of Linux 6.7.
#pragma once

#include <linux/ioctl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include <cstdint>

namespace mkwrite::uapi {

inline constexpr std::uint64_t kFeatureWpHugetlbfsShmem = 1U << 12U;
inline constexpr std::uint64_t kFeatureWpUnpopulated = 1U << 13U;
inline constexpr std::uint64_t kFeatureWpAsync = 1U << 15U;
inline constexpr int kUserModeOnly = 1;

inline constexpr std::uint64_t kPageIsWritten = 1U << 1U;
inline constexpr std::uint64_t kScanWpMatching = 1U << 0U;
inline constexpr std::uint64_t kScanCheckWpAsync = 1U << 1U;

/// struct page_region
struct PageRegion {
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t categories;
};

/// struct pm_scan_arg
struct ScanArguments {
  std::uint64_t size = sizeof(ScanArguments);
  std::uint64_t flags = 0;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t walk_end = 0;
  std::uint64_t vec = 0;
  std::uint64_t vec_len = 0;
  std::uint64_t max_pages = 0;
  std::uint64_t category_inverted = 0;
  std::uint64_t category_mask = 0;
  std::uint64_t category_anyof_mask = 0;
  std::uint64_t return_mask = 0;
};

inline constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArguments);

}  // namespace mkwrite::uapi
