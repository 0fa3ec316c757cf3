// One buffer object's dirty state under a policy: collects what the CPU wrote, and guards what the
// device owns. The lock that makes a collect atomic is in TrackerState; the fault handler takes it
// too, so nobody who holds it touches a tracked view, waits for the device, or calls out.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "faults/seam.h"
#include "memory/buffer_object.h"
#include "tracking/device_owner.h"
#include "tracking/policy.h"
#include "tracking/regions.h"
#include "tracking/tracker_state.h"
#include "tracking/trimming.h"

namespace mkwrite {

class Tracker final : public AccessObserver {
 public:
  /// Attach it to `buffer` to begin; everything written before counts as dirty (promise C4).
  Tracker(BufferObject& buffer, std::unique_ptr<Policy> policy);

  /// Begins tracking and hands the tracker to the buffer object. Throws Error.
  static Tracker& begin(BufferObject& buffer, std::unique_ptr<Policy> policy);

  /// Declares everything dirty that was ever written; once, after the views are armed.
  void report_existing_data() noexcept;

  /// Who gets device-owned pages back; set before the first claim. `owner` must outlive the
  /// tracker.
  void set_owner(DeviceOwner& owner) noexcept { owner_ = &owner; }

  /// Takes the dirty pages of `range`: calls `visit(PageRange)` for each run, in order, under the
  /// lock. If `visit` throws, nothing was taken. Throws Error.
  template <typename Visit>
  void collect(PageRange range, Visit&& visit) {
    const PageRange used[] = {range};
    validate(used, {}, visit, [] {});
  }

  /// What a submission does to this buffer object, in one step with respect to faults: closes
  /// `written` in every view, takes the dirty pages of `used` (visited as in collect), then makes
  /// `written` device-owned after calling `own()`. The order is that of rules 1 and 4 in
  /// docs/rules.md: protect, then take the bits, then copy; close, collect, update, run. And pages
  /// that are device-owned already are left alone (rule 7). Ranges ascend, and
  /// `written` lies within `used`: dirt that is not taken now could not be told from the device's
  /// result later. Throws Error (kBusy if a page of `written` is under CPU access): then nothing
  /// was taken or owned.
  template <typename Visit, typename Own>
  void validate(std::span<const PageRange> used, std::span<const PageRange> written, Visit&& visit,
                Own&& own) {
    const std::lock_guard serial(collect_mutex_);
    notice_displacement();
    prepare_trimming();
    std::unique_ptr<Twin> outdated;  // let go after the lock
    Policy::Decision decision{};
    {
      const std::unique_lock process = mechanism_->process_lock();
      const std::lock_guard lock(state_.lock);
      outdated = std::move(state_.retired_twin);
      check_not_accessed(written);
      decision = close_and_harvest(used, written);
      std::size_t reported = 0;
      for (const PageRange& range : used) {
        state_.pending.for_each_run(range, [&](PageRange run) {
          reported += run.count;
          visit(run);
        });
      }
      seam(Seam::kSubmitBeforeOwn);
      own();
      for (const PageRange& range : used) state_.take(range);
      for (const PageRange& range : written) state_.owned.set(range);
      ++state_.stats.collects;
      state_.stats.pages_reported += reported;
      if (trimming_) trimming_->finish(state_, reported);
    }
    if (decision.mechanism != mechanism_->kind()) switch_to(decision.mechanism);
  }

  /// Counts pages as dirty; device-owned ones are left alone. Any thread; not for signal handlers.
  void mark_dirty(PageRange range) noexcept;
  /// The same for pages that a writer has written whom nobody can see: what the device owns there
  /// is read back first, waiting for it, since dirt on top of it could not be told from its result.
  void declare_written(PageRange range) noexcept;

  /// Takes ownership back without reading: for a claim whose submission failed. Under the lock.
  void disown(PageRange range) noexcept { state_.owned.clear(range); }
  /// Makes closed pages device-owned again. Under the lock.
  void own(PageRange range) noexcept { state_.owned.set(range); }

  /// Runs `action` under the lock that the fault handler takes, so it must be short and must not
  /// touch a tracked view or wait.
  template <typename Action>
  auto locked(Action&& action) const {
    const std::lock_guard lock(state_.lock);
    return action();
  }

  /// Waits for the device and reads back its pages in `range`. They open at the next touch.
  void read_back(PageRange range) noexcept;

  /// How many pages the touch of a device-owned page reads back and opens at first: 16 unless told.
  /// 1 suits random access, as MADV_RANDOM does for TTM, and stays 1.
  void set_read_back_pages(std::size_t pages) noexcept { read_back_pages_.store(pages); }

  /// Keeps `range` accessible in every view until end_access(), for system calls, which fail with
  /// EFAULT where a store would fault (dma-buf's begin/end CPU access). Reads back what the device
  /// owns there, waiting for it, and for `writable` opens the pages for writing. Accesses may
  /// overlap. Throws Error (kOutOfMemory when mappings ran out), std::bad_alloc.
  void begin_access(PageRange range, bool writable) override;
  void end_access(PageRange range, bool writable) noexcept override;

  /// The mechanism in force.
  MechanismKind mechanism() const noexcept;
  TrackerStats stats() const noexcept;

  /// What a policy that decides by region does with a row of regions, all of which keep pages open
  /// or none.
  struct Explanation {
    PageRange pages;
    Regions::Explanation decision;  ///< numbers are sums, the rewrite rate a mean over the regions
    double threshold;               ///< rewrite rate from which on pages stay open
  };
  /// All rows in order. Empty for policies that do not decide by region. Throws std::bad_alloc.
  std::vector<Explanation> explain() const;
  BufferObject& buffer() const noexcept { return state_.buffer; }
  /// Where the contents of collected pages are to be read: the buffer object's alias, or its twin,
  /// which holds them as they were when they were found to differ. Valid until the next collect.
  const std::byte* contents() const noexcept;

  // AccessObserver
  void view_created(View& view) override;
  void view_destroyed(View& view) noexcept override;

  /// Resolves a fault; runs in the signal handler.
  FaultOutcome resolve(TrackedView& view, PageIndex page, Access access) noexcept;

 private:
  Policy::Decision close_and_harvest(std::span<const PageRange> used,
                                     std::span<const PageRange> written);
  /// Moves what was written in `ranges` into the pending dirt and arms it again, except for pages
  /// that the policy leaves open. Returns how many pages were found.
  std::size_t harvest(std::span<const PageRange> ranges);
  /// The same for everything, deciding nothing: a view or a mechanism is about to go.
  void harvest_everything();
  void begin_harvest() noexcept;
  /// What a submission closed.
  struct Closing {
    bool exact = true;       ///< no more than was asked for
    std::size_t found = 0;   ///< written pages that write-fault knew of
    std::size_t tables = 0;  ///< whole page tables of views
  };
  /// Takes all access to `range` from every view, and with it the dirt that write-fault knows of.
  void close(PageRange range, Closing& closing) noexcept;
  /// How many pages had to be found, or faulted, one by one for a collect that found that many.
  std::size_t writes_of(std::size_t found) noexcept;
  /// Changes the mechanism without losing a write. If the new one cannot be had, the old one stays,
  /// counted in `stats`.
  void switch_to(MechanismKind kind) noexcept;
  void notice_displacement();
  void prepare_trimming() noexcept;

  /// Waits for the device, reads back, and calls `then()` in the same step, under the lock.
  template <typename Then>
  void read_back(PageRange range, Then&& then) noexcept;

  // In the signal handler, under the lock:

  /// Reads back the device-owned pages of `needed` and perhaps of the pages that follow. Returns
  /// the submission that must be waited for first, or 0 when none of `needed` is device-owned any
  /// more.
  Seqno read_back_owned(PageRange needed) noexcept;

  /// What to read back along with the device-owned pages of `needed`, which will be touched soon:
  /// pages of the same resource that follow or, for who reads downwards, that come before. Twice as
  /// many each time that a reader goes on where a window ended.
  PageRange& read_back_window(PageRange needed) noexcept;
  /// Closed pages to open along with `page`, none of them device-owned.
  PageRange open_window(const TrackedView& view, PageIndex page) const noexcept;

  enum class Opening {
    kDone,
    kOutOfMappings,  ///< device-owned pages stand in the way of opening more at once
    kHopeless,       ///< opening does not help: the fault is not ours
  };
  Opening open(TrackedView& view, PageIndex page, Access access) noexcept;
  Opening reopen(TrackedView& view, PageIndex page, Access access) noexcept;
  /// Opens more than was asked for, because mappings ran out (rule 8 in docs/rules.md: always make
  /// progress).
  Opening widen(TrackedView& view, PageIndex page) noexcept;

  void check_not_accessed(std::span<const PageRange> written) const;
  /// Opens the pages of `range` that are under CPU access in `view`. Returns 0 or errno.
  int open_accessed(TrackedView& view, PageRange range) noexcept;

  mutable TrackerState state_;
  void forget_access(const CpuAccess& access) noexcept;
  /// In force: what is still to be read back is not among them (BufferObject has all that were
  /// asked for). Guarded by the lock.
  std::vector<CpuAccess> accesses_;
  std::atomic<std::size_t> read_back_pages_;
  std::array<PageRange, 4> read_backs_{};  ///< the last windows, of several readers; under the lock
  std::size_t next_read_back_ = 0;         ///< the one to give up next
  /// Serialises collects, changes of mechanism and views coming and going. Not taken by handlers.
  mutable std::mutex collect_mutex_;
  std::unique_ptr<Policy> policy_;
  std::unique_ptr<Mechanism> mechanism_;
  std::optional<Regions> regions_;    ///< if the policy wants it; guarded by the lock
  std::optional<Trimming> trimming_;  ///< if the policy wants it; guarded by both
  DeviceOwner* owner_ = nullptr;
  std::uint64_t displacements_seen_ = 0;
  std::uint64_t write_faults_noted_ = 0;  ///< of `stats.write_faults`, by the policy
};

}  // namespace mkwrite
