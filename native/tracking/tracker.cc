#include "tracking/tracker.h"

#include <sys/mman.h>

#include <cerrno>

#include "faults/handler.h"
#include "faults/mutant.h"
#include "memory/error.h"
#include "tracking/write_fault.h"

namespace mkwrite {
namespace {

/// How many pages one touch of a device-owned page reads back and opens, as TTM's prefault does
/// (drivers/gpu/drm/ttm/ttm_bo_vm.c, TTM_BO_VM_NUM_PREFAULT).
constexpr std::size_t kDefaultReadBackPages = 16;

}  // namespace

Tracker::Tracker(BufferObject& buffer, std::unique_ptr<Policy> policy)
    : state_(buffer),
      read_back_pages_(kDefaultReadBackPages),
      policy_(std::move(policy)),
      mechanism_(policy_->make(policy_->initial())) {
  if (const Costs* costs = policy_->costs()) {
    regions_.emplace(buffer.pages(), Regions::Prices{costs->fault(mechanism_->kind()),
                                                     costs->copy_page, costs->glance_page});
  }
  if (const TrimTerms terms = policy_->trims(); terms.twin_limit != 0) trimming_.emplace(terms);
  state_.armed_protection = mechanism_->armed_protection();
  state_.runs_ahead = policy_->runs_ahead();
  ensure_fault_handler();
  displacements_seen_ = fault_handler_stats().displaced;
}

Tracker& Tracker::begin(BufferObject& buffer, std::unique_ptr<Policy> policy) {
  auto tracker = std::make_shared<Tracker>(buffer, std::move(policy));
  Tracker& begun = *tracker;
  buffer.attach(std::move(tracker));
  begun.report_existing_data();
  return begun;
}

void Tracker::report_existing_data() noexcept {
  // Every view is armed now: a page that was written before has data in the memfd, one that is
  // written from now on is noticed by the mechanism.
  BufferObject& buffer = state_.buffer;
  try {
    buffer.for_each_data_run(buffer.all_pages(), [&](PageRange run) { mark_dirty(run); });
  } catch (const std::exception&) {
    mark_dirty(buffer.all_pages());  // too much, never too little
  }
}

MechanismKind Tracker::mechanism() const noexcept {
  const std::lock_guard serial(collect_mutex_);
  return mechanism_->kind();
}

TrackerStats Tracker::stats() const noexcept {
  const std::lock_guard lock(state_.lock);
  TrackerStats stats = state_.stats;
  for (const auto& view : state_.views) {
    stats.splits += view->splits();
    stats.tables_moved += view->tables.moved();
  }
  for (const auto* twin : {&state_.twin, &state_.retired_twin}) {
    if (*twin) stats.twin_memory += (*twin)->memory();
  }
  return stats;
}

const std::byte* Tracker::contents() const noexcept {
  if (!state_.twin || kMutant == Mutant::kUpdateFromLive) return state_.buffer.alias();
  return state_.twin->data();
}

std::vector<Tracker::Explanation> Tracker::explain() const {
  std::vector<Explanation> explanations;
  if (!regions_) return explanations;
  constexpr std::size_t kPages = Regions::kPages;
  const std::size_t pages = state_.buffer.pages();
  // Reserved before the lock is taken: a fault may be waiting for it.
  explanations.reserve((pages + kPages - 1) / kPages);
  const std::lock_guard lock(state_.lock);
  std::size_t row = 0;  // regions in the last explanation
  for (PageIndex first = 0; first < pages; first += kPages) {
    const PageRange range{first, std::min(kPages, pages - first)};
    Regions::Explanation region = regions_->explain(state_, first / kPages);
    for (const auto& view : state_.views) {
      region.lane_pages = std::max(region.lane_pages, view->lanes.count(range));
    }
    if (explanations.empty() || explanations.back().decision.keeps_open != region.keeps_open) {
      explanations.push_back({range, region, regions_->threshold()});
      row = 1;
      continue;
    }
    Regions::Explanation& sum = explanations.back().decision;
    explanations.back().pages.count += range.count;
    sum.open_pages += region.open_pages;
    sum.lane_pages += region.lane_pages;
    sum.faults += region.faults;
    sum.track_ns += region.track_ns;
    sum.keep_ns += region.keep_ns;
    ++row;
    sum.rewrite_rate += (region.rewrite_rate - sum.rewrite_rate) / static_cast<double>(row);
  }
  return explanations;
}

void Tracker::mark_dirty(PageRange range) noexcept {
  const std::lock_guard lock(state_.lock);
  state_.owned.for_each_gap(range, [&](PageRange gap) { state_.declare(gap); });
}

void Tracker::declare_written(PageRange range) noexcept {
  read_back(range, [&] { state_.declare(range); });
}

void Tracker::read_back(PageRange range) noexcept {
  read_back(range, [] {});
}

template <typename Then>
void Tracker::read_back(PageRange range, Then&& then) noexcept {
  for (;;) {
    Seqno awaited = 0;
    {
      const std::lock_guard lock(state_.lock);
      awaited = read_back_owned(range);
      if (awaited == 0) return then();
    }
    owner_->wait(awaited);
  }
}

// --- Views coming and going ---------------------------------------------------------------------

void Tracker::view_created(View& view) {
  auto tracked = std::make_unique<TrackedView>(*this, view);
  const std::lock_guard serial(collect_mutex_);
  const std::unique_lock process = mechanism_->process_lock();
  const std::lock_guard lock(state_.lock);
  state_.views.reserve(state_.views.size() + 1);
  int error = 0;
  state_.owned.for_each_run(state_.owned.all(), [&](PageRange run) {
    tracked->closed.set(run);
    if (error == 0) error = tracked->protect(run, PROT_NONE);
  });
  if (error != 0) {
    throw_system_error("mprotect", error, "Raise vm.max_map_count, or free views.");
  }
  mechanism_->arm(state_, *tracked);
  // Should this fail, the page opens at the first touch; only a system call would notice.
  open_accessed(*tracked, state_.buffer.all_pages());
  tracked->armed = true;
  state_.views.push_back(std::move(tracked));
}

void Tracker::view_destroyed(View& view) noexcept {
  const std::lock_guard serial(collect_mutex_);
  std::unique_ptr<TrackedView> departing;
  {
    const std::unique_lock process = mechanism_->process_lock();
    const std::lock_guard lock(state_.lock);
    const auto found = std::ranges::find_if(
        state_.views, [&](const auto& tracked) { return &tracked->view() == &view; });
    if (found == state_.views.end()) return;
    // Harvested under the lock that keeps writers waiting, then opened (rule 5 in docs/rules.md:
    // collect before anything goes): what is
    // written until here is not lost. Device-owned pages are read back by whoever stops tracking
    // while the view lives on.
    try {
      // What differs from a twin still does when the view is gone.
      if (mechanism_->kind() != MechanismKind::kCompare && kMutant != Mutant::kUnmapWithoutCollect)
        harvest_everything();
    } catch (const std::exception&) {
      state_.pending.set(state_.buffer.all_pages());
      state_.pending.remove(state_.owned, state_.buffer.all_pages());
    }
    departing = std::move(*found);
    state_.views.erase(found);
    state_.stats.tables_moved += departing->tables.moved();
    departing->armed = false;
    mechanism_->disarm(state_, *departing);
    departing->protect(state_.buffer.all_pages(), PROT_READ | PROT_WRITE);
  }
  // Outside the lock: a handler that is under way needs it to find that the view is open.
  departing->stop_routing();
}

// --- Collect -------------------------------------------------------------------------------------

void Tracker::notice_displacement() {
  ensure_fault_handler();
  const std::uint64_t displaced = fault_handler_stats().displaced;
  if (displaced == displacements_seen_) return;
  displacements_seen_ = displaced;
  const std::lock_guard lock(state_.lock);
  ++state_.stats.displacements;
  switch (mechanism_->kind()) {
    case MechanismKind::kWriteFault:
      return WriteFault::distrust(state_, false);
    case MechanismKind::kUserfault:
      return WriteFault::distrust(state_, true);
    default:
      return;
  }
}

void Tracker::prepare_trimming() noexcept {
  // Under compare, what differs from the twin has been found and taken already.
  if (!trimming_ || mechanism_->kind() == MechanismKind::kCompare) return;
  trimming_->prepare(state_, owner_ == nullptr ? 0 : owner_->update_page());
}

void Tracker::close(PageRange range, Closing& closing) noexcept {
  if (regions_) regions_->forget(state_, range);
  for (const auto& view : state_.views) {
    bool complete = true;
    const auto close_run = [&](PageRange run) {
      view->closed.set(run);
      if (kMutant != Mutant::kWakeOwned) view->dormant.clear(run);
      // Protected now, so the bits may be taken (rule 1 in docs/rules.md: protect, then take the
      // bits, then copy).
      state_.pending.add(view->writable, run);
      closing.found += view->writable.count(run);
      view->writable.clear(run);
    };
    view->closed.for_each_gap(range, [&](PageRange gap) {
      closing.tables += whole_tables(gap).count / pages_per_table();
      if (view->may_split(2) && view->protect(gap, PROT_NONE) == 0) {
        close_run(gap);
      } else {
        complete = false;
      }
    });
    if (!complete) {
      closing.exact = false;
      // Out of mappings. Closing the whole view needs none; its pages open again when touched.
      ++state_.stats.degradations;
      view->protect(state_.buffer.all_pages(), PROT_NONE);
      close_run(state_.buffer.all_pages());
    }
  }
}

std::size_t Tracker::writes_of(std::size_t found) noexcept {
  if (mechanism_->kind() == MechanismKind::kWriteFault) {
    const std::uint64_t before = std::exchange(write_faults_noted_, state_.stats.write_faults);
    return state_.stats.write_faults - before;
  }
  // Pages that stay open are among what was found, and took nothing.
  return found - std::min(found, regions_->open_pages());
}

void Tracker::begin_harvest() noexcept {
  state_.harvested.clear();
  state_.unproved.clear();
  state_.cooled.clear();
  state_.looked = false;
  for (const auto& view : state_.views) view->found.clear();
}

void Tracker::harvest_everything() {
  begin_harvest();
  mechanism_->harvest(state_, state_.buffer.all_pages());
}

std::size_t Tracker::harvest(std::span<const PageRange> ranges) {
  begin_harvest();
  // Where pages may stay open, what was written is looked at and decided upon before any of it is
  // protected; else one step does both, and the decision is for the next time.
  state_.looked = std::ranges::any_of(ranges, [&](PageRange range) {
    return state_.stays_open.next_set(range.first, range.end()) != range.end() ||
           (regions_ && regions_->wants_look());
  });
  const auto decide = [&] {
    mechanism_->prove(state_);
    if (!regions_ || !regions_->concerned(state_)) return;
    // Under write-fault an open page between protected ones costs two mappings.
    const bool may_open = mechanism_->kind() != MechanismKind::kWriteFault ||
                          MappingBudget::instance().fits(MappingBudget::instance().limit() / 2);
    const Costs& costs = *policy_->costs();
    // A page reported for nothing is only compared where reports are trimmed.
    const double mistake = trimming_ && trimming_->running() ? costs.compare_page
                                                             : observed_copy_page(costs.copy_page);
    regions_->set_prices({costs.fault(mechanism_->kind()), mistake, costs.glance_page});
    for (const PageRange& range : ranges) regions_->decide(state_, range, may_open);
  };
  std::size_t found = 0;
  if (state_.looked) {
    for (const PageRange& range : ranges) mechanism_->look(state_, range);
    decide();
  }
  for (const PageRange& range : ranges) found += mechanism_->harvest(state_, range);
  if (!state_.looked) decide();
  mechanism_->open_ahead(state_);
  return found;
}

Policy::Decision Tracker::close_and_harvest(std::span<const PageRange> used,
                                            std::span<const PageRange> written) {
  Closing closing;
  if constexpr (kMutant == Mutant::kCollectBeforeClosing) {
    for (const PageRange& range : used) mechanism_->harvest(state_, range);
    seam(Seam::kSubmitAfterClose);
    for (const PageRange& range : written) close(range, closing);
    return policy_->observe(0);
  }
  for (const PageRange& range : written) close(range, closing);
  seam(Seam::kSubmitAfterClose);
  const PageRange all = state_.buffer.all_pages();
  const bool everything = !closing.exact || policy_->harvests_everything() ||
                          (trimming_ && trimming_->wants_everything());
  const std::size_t found = closing.found + harvest(everything ? std::span(&all, 1) : used);
  // Pages that may be written by means that nothing notices are dirty for as long as that lasts.
  for (const PageRange& range : used) state_.pending.add(state_.written_freely, range);
  if (regions_) policy_->note({closing.tables, writes_of(found)});
  Policy::Decision decision = policy_->observe(found);
  // A change protects pages that system calls may be accessing.
  if (state_.accessed.any()) decision.mechanism = mechanism_->kind();
  if (decision.report_hull) {
    PageRange hull;
    state_.pending.for_each_run(all, [&](PageRange run) {
      hull = hull.empty() ? run : PageRange::between(hull.first, run.end());
    });
    state_.owned.for_each_gap(hull, [&](PageRange gap) { state_.pending.set(gap); });
  }
  if (trimming_) trimming_->trim(state_, used);
  return decision;
}

void Tracker::switch_to(MechanismKind kind) noexcept {
  std::size_t armed = 0;
  try {
    std::unique_ptr<Mechanism> next = policy_->make(kind);
    // At most one of the two has a process-wide lock, so taking both keeps the order.
    const std::unique_lock old_process = mechanism_->process_lock();
    const std::unique_lock next_process = next->process_lock();
    const std::lock_guard lock(state_.lock);
    if (trimming_) trimming_->end(state_);
    const int old_protection = std::exchange(state_.armed_protection, next->armed_protection());
    try {
      // Armed before the old one is harvested for the last time: a write in between is noticed by
      // both, never by neither (rule 5 in docs/rules.md: collect before anything goes).
      for (; armed < state_.views.size(); ++armed) next->arm(state_, *state_.views[armed]);
      if (kMutant != Mutant::kSwitchWithoutCollect) {
        harvest_everything();
      }
    } catch (...) {
      for (std::size_t i = 0; i < armed; ++i) next->disarm(state_, *state_.views[i]);
      state_.armed_protection = old_protection;
      throw;
    }
    for (const auto& view : state_.views) {
      mechanism_->disarm(state_, *view);
      view->closed.for_each_gap(state_.buffer.all_pages(), [&](PageRange gap) {
        // Should this fail, the next access faults and tries again.
        view->protect(gap, state_.armed_protection);
      });
    }
    mechanism_ = std::move(next);
    // Contents of this collect may still be read there.
    if (kind != MechanismKind::kCompare && state_.twin)
      state_.retired_twin = std::move(state_.twin);
    for (const auto& view : state_.views) open_accessed(*view, state_.buffer.all_pages());
    ++state_.stats.switches;
    write_faults_noted_ = state_.stats.write_faults;
  } catch (const std::exception&) {
    const std::lock_guard lock(state_.lock);
    ++state_.stats.failed_switches;
    policy_->refused();
  }
}

}  // namespace mkwrite
