#include "measure/bare_userfault.h"

#include <sys/ioctl.h>

#include <cerrno>

#include "memory/error.h"
#include "tracking/pagemap.h"
#include "tracking/userfaultfd.h"

namespace mkwrite {

BareUserfault::BareUserfault(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy)
    : BareLoop(std::move(buffer), std::move(copy)),
      regions_(all_pages().count / 2 + 1),
      pagemap_(pagemap_fd()) {
  // Setting up is the library's; frames are not. Registrations end with their mappings.
  Userfaultfd::instance().register_range(data(), size());
}

void BareUserfault::collect() {
  const auto base = reinterpret_cast<std::uintptr_t>(data());
  uapi::ScanArguments scan;
  scan.flags = uapi::kScanWpMatching | uapi::kScanCheckWpAsync;
  scan.start = base;
  scan.end = base + size();
  scan.vec = reinterpret_cast<std::uintptr_t>(regions_.data());
  scan.vec_len = regions_.size();
  scan.category_mask = uapi::kPageIsWritten;
  scan.return_mask = uapi::kPageIsWritten;
  // Runs cannot be more than the vector holds, so one call is complete.
  const int found = ioctl(pagemap_, uapi::kPagemapScan, &scan);
  if (found < 0) throw_system_error("ioctl(PAGEMAP_SCAN)", errno, "Measure another mechanism.");
  for (int i = 0; i < found; ++i) {
    const uapi::PageRegion& region = regions_[static_cast<std::size_t>(i)];
    runs().push_back(
        PageRange::between((region.start - base) >> kPageShift, (region.end - base) >> kPageShift));
  }
}

}  // namespace mkwrite
