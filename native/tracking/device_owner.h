// What the tracker needs to know of the device: whose turn a page is, and how to get its bytes
// back.
#pragma once

#include <cstdint>

#include "memory/page.h"

namespace mkwrite {

/// Number of a submission on a device; grows by one each, 0 comes before all.
using Seqno = std::uint64_t;

class DeviceOwner {
 public:
  virtual ~DeviceOwner() = default;

  /// Nanoseconds that updating a page of the device takes, as seen lately; 0 while nobody knows.
  virtual double update_page() const noexcept { return 0; }

  // All of these run in the signal handler: async-signal-safe, no allocation.

  /// The latest submission that writes one of `pages` and is not done; 0 if they can be read back
  /// now. Called under the tracker's lock.
  virtual Seqno pending_write(PageRange pages) const noexcept = 0;

  /// The pages of the resources that `page` belongs to, from the first to the last. Called under
  /// the tracker's lock.
  virtual PageRange resource_around(PageIndex page) const noexcept = 0;

  /// Waits until submission `seqno` is done or the device is lost. Called with no lock held.
  virtual void wait(Seqno seqno) noexcept = 0;

  /// Copies what the device wrote in these device-owned pages into the buffer object, through its
  /// alias. All of them are done. Called under the tracker's lock.
  virtual void read_back(PageRange pages) noexcept = 0;
};

}  // namespace mkwrite
