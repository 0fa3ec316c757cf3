// Injection points for tests: named places between two steps of a protocol, where a test can hold a
// thread to force the race that the protocol must survive. Without MKWRITE_SEAMS they are nothing.
#pragma once

#include <atomic>

namespace mkwrite {

enum class Seam {
  kHandlerBeforeLookup,    ///< fault handler: on its way to the region table, no lock held
  kHandlerBeforeOpen,      ///< fault handler: before the page is made writable, lock held
  kHandlerBeforeWait,      ///< fault handler: about to wait for the device, no lock held
  kHandlerAfterWait,       ///< fault handler: the device is done, lock not yet taken again
  kHandlerBeforeReadback,  ///< fault handler: about to read back, lock held
  kCollectBeforeProtect,   ///< collect: lock held, pages still writable
  kCollectAfterProtect,    ///< collect: pages protected, bits not yet taken
  kCollectAfterTake,       ///< collect: bits taken, lock still held
  kCollectBeforeCopy,      ///< collect: lock released, contents not yet copied
  kTrimWhileFilling,       ///< trimming: a part of a new twin is filled, no lock held
  kTrimBeforeTake,         ///< trimming: a page differs from the twin, which has not taken it yet
  kLaneBeforeProtect,      ///< auto: about to leave pages to write faults, collect otherwise done
  kSoftDirtyBeforeClear,   ///< soft-dirty: bits read, not yet cleared
  kSubmitAfterClose,       ///< submit: device-written pages closed, dirt not yet collected
  kSubmitBeforeOwn,        ///< submit: dirt collected, ownership not yet recorded
  kSubmitAfterOwn,         ///< submit: ownership recorded, update not yet copied
};

#if defined(MKWRITE_SEAMS)
using SeamCallback = void (*)(Seam) noexcept;
inline std::atomic<SeamCallback> seam_callback{nullptr};
inline void seam(Seam where) noexcept {
  if (SeamCallback callback = seam_callback.load()) callback(where);
}
#else
inline void seam(Seam) noexcept {}
#endif

}  // namespace mkwrite
