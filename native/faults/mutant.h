// Deliberate mistakes, one for each rule that the protocol stands on. A build has at most one of
// them, chosen with -DMKWRITE_MUTANT=<name>; cmake/mutants.cmake says which test must fail then.
#pragma once

namespace mkwrite {

enum class Mutant {
  kNone,
  kTakeWithoutProtecting,  ///< rule 1: write-fault takes the bits and leaves the pages writable
  kScanThenProtect,        ///< rule 1: userfault looks and protects in two steps
  kParkWritable,           ///< rule 1: written pages are moved away, and come back writable
  kOpenWithoutLock,        ///< rule 2: the lock is dropped between setting the bit and opening
  kTouchViewUnderLock,     ///< rule 3: a tracked view is read while the lock is held
  kCollectBeforeClosing,   ///< rule 4: dirt is collected before the device's pages are closed
  kWaitUnderLock,          ///< rule 4: a fault waits for the device with the lock held
  kOpenWithoutReadback,    ///< rule 4: a device-owned page opens as it is
  kUnmapWithoutCollect,    ///< rule 5: a view's dirt goes with it
  kSwitchWithoutCollect,   ///< rule 5: a change of mechanism forgets what the old one knew
  kLaneWithoutLooking,     ///< rule 5: pages go from userfault to write faults as if unwritten
  kArmWithoutTaking,       ///< rule 5: write-fault takes over a lane and forgets its written pages
  kDirtForOneResource,     ///< rule 6: a border page's dirt goes to one of its resources only
  kReportOwned,            ///< rule 7: device-owned pages are reported
  kWakeOwned,              ///< rule 7: device-owned pages open when dormant ones around them wake
  kGiveUpWithoutMappings,  ///< rule 8: a fault for which mappings ran out is not resolved
  kAnnounceBeforeWaking,   ///< rule 9: JavaScript is told before the waiters are woken
  kWaitForever,            ///< rule 9: a fault waits for a hung device without end
  kForgetPredecessor,      ///< promise C6: the handler before ours is forgotten
  kUpdateFromLive,         ///< promise C4: compare updates the device from the live contents
  kTrimKnownDirt,          ///< promise C4: what a collect found that failed counts as unchanged
  kDropFailedDirt,         ///< promise C5: a failed update's dirt is gone
};

#if defined(MKWRITE_MUTANT)
inline constexpr Mutant kMutant = Mutant::MKWRITE_MUTANT;
#else
inline constexpr Mutant kMutant = Mutant::kNone;
#endif

}  // namespace mkwrite
