#include "coherence/validation.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <tuple>

#include "coherence/coherent_buffer.h"
#include "coherence/placement.h"
#include "coherence/updates.h"
#include "faults/mutant.h"
#include "faults/seam.h"
#include "memory/error.h"
#include "tracking/costs.h"

namespace mkwrite {
namespace {

/// One coherent resource's share in a submission.
struct Use {
  Resource* resource;
  std::vector<PageRange> used{};       ///< pages read or written; ascending, disjoint
  std::vector<PageRange> written{};    ///< pages whose last write is not discarded; likewise
  std::vector<PageRange> discarded{};  ///< pages given up and not written after that
  std::vector<PageRange> scratch{};    ///< of these, pages that an earlier command writes
  // Filled in by claim(), for roll_back():
  std::vector<PageRange> taken{};  ///< dirty pages that this submission uploads
  std::vector<PageRange> owned{};  ///< pages that became device-owned by it
  UpdateSize moved{};
};

bool writes(const Use& use) noexcept { return !use.written.empty() || !use.scratch.empty(); }

/// The uses of one buffer object.
struct Claim {
  CoherentBuffer* buffer;
  std::vector<Use> uses;
};

void check_operands(const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    for (const Operand& operand : command.operands) {
      if (operand.bytes.empty() || operand.bytes.end() < operand.bytes.offset ||
          operand.bytes.end() > operand.resource->size()) {
        throw Error(ErrorCode::kOutOfRange, "A command's operand must lie within its resource of " +
                                                std::to_string(operand.resource->size()) +
                                                " bytes. Received offset " +
                                                std::to_string(operand.bytes.offset) +
                                                " and size " + std::to_string(operand.bytes.size));
      }
    }
  }
}

void merge(std::vector<PageRange>& ranges) {
  std::ranges::sort(ranges, {}, &PageRange::first);
  std::size_t kept = 0;
  for (const PageRange& range : ranges) {
    if (kept > 0 && range.first <= ranges[kept - 1].end()) {
      PageRange& last = ranges[kept - 1];
      last = PageRange::between(last.first, std::max(last.end(), range.end()));
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

/// Takes `range` out of `ranges`. Returns the parts that were in there.
std::vector<PageRange> remove(std::vector<PageRange>& ranges, PageRange range) {
  std::vector<PageRange> kept;
  std::vector<PageRange> removed;
  for (const PageRange& old : ranges) {
    const PageRange common = old.intersect(range);
    if (common.empty()) {
      kept.push_back(old);
      continue;
    }
    removed.push_back(common);
    if (old.first < common.first) kept.push_back(PageRange::between(old.first, common.first));
    if (common.end() < old.end()) kept.push_back(PageRange::between(common.end(), old.end()));
  }
  ranges = std::move(kept);
  return removed;
}

/// Adds what a command does to `use`; commands come in their order.
void add(Use& use, const Operand& operand) {
  if (operand.discards) {
    const PageRange pages = use.resource->pages_within(operand.bytes);
    const std::vector<PageRange> undone = remove(use.written, pages);
    use.scratch.insert(use.scratch.end(), undone.begin(), undone.end());
    use.discarded.push_back(pages);
    return;
  }
  const PageRange pages = use.resource->pages_of(operand.bytes);
  use.used.push_back(pages);
  if (!operand.writes) return;
  remove(use.discarded, pages);
  remove(use.scratch, pages);
  use.written.push_back(pages);
}

/// Sorts what the commands touch by buffer object and coherent resource.
std::vector<Claim> plan(const std::vector<Command>& commands) {
  std::vector<const Operand*> operands;
  for (const Command& command : commands) {
    for (const Operand& operand : command.operands) {
      if (operand.resource->coherent()) operands.push_back(&operand);
    }
  }
  std::ranges::stable_sort(operands, {}, [](const Operand* operand) {
    return std::tuple(operand->resource->buffer(), operand->resource.get());
  });
  std::vector<Claim> claims;
  for (const Operand* operand : operands) {
    Resource* resource = operand->resource.get();
    if (claims.empty() || claims.back().buffer != resource->buffer()) {
      claims.push_back({resource->buffer(), {}});
    }
    std::vector<Use>& uses = claims.back().uses;
    if (uses.empty() || uses.back().resource != resource) uses.push_back({resource});
    add(uses.back(), *operand);
  }
  for (Claim& claim : claims) {
    for (Use& use : claim.uses) {
      merge(use.used);
      merge(use.written);
    }
  }
  return claims;
}

/// Resources that share bytes have separate copies in device memory. Between submissions these are
/// brought together through the buffer object; within one they cannot be.
void reconcile_overlaps(const Claim& claim) {
  for (const Use& use : claim.uses) {
    claim.buffer->resources().for_each_overlapping(use.resource->bytes(), [&](Resource& other) {
      if (&other == use.resource || !other.coherent()) return;
      const auto other_use = std::ranges::find(claim.uses, &other, &Use::resource);
      if (other_use != claim.uses.end() && (writes(use) || writes(*other_use))) {
        throw Error(ErrorCode::kInvalidArgument,
                    "Two resources that share bytes of one buffer object are used in one "
                    "submission that writes one of them. Use two submissions.");
      }
    });
  }
  for (const Use& use : claim.uses) {
    std::vector<PageRange> stale;
    claim.buffer->resources().for_each_overlapping(use.resource->bytes(), [&](Resource& other) {
      if (&other == use.resource || !other.coherent()) return;
      stale.push_back(pages_covering(other.bytes().intersect(use.resource->bytes())));
    });
    for (const PageRange& pages : stale) claim.buffer->tracker()->read_back(pages);
  }
}

/// Takes what the CPU wrote and what the device will write, in one step, and appends the updates.
void claim_pages(Claim& claim, Seqno seqno, std::vector<UpdateRun>& updates, BufferReport* report) {
  std::vector<PageRange> used;
  std::vector<PageRange> written;
  for (const Use& use : claim.uses) {
    used.insert(used.end(), use.used.begin(), use.used.end());
    written.insert(written.end(), use.written.begin(), use.written.end());
  }
  if (used.empty()) return;
  merge(used);
  merge(written);

  CoherentBuffer& buffer = *claim.buffer;
  const auto own = [&] {
    for (Use& use : claim.uses) {
      Resource& resource = *use.resource;
      for (const PageRange& range : use.used) {
        resource.for_each_dirty_run(range, [&](PageRange dirty) {
          // Device-owned pages are left alone (rule 7 in docs/rules.md): the buffer object has
          // older contents than the device.
          resource.for_each_device_clean_run(dirty,
                                             [&](PageRange run) { use.taken.push_back(run); });
        });
      }
      use.moved = append_updates(resource, use.taken, updates);
      std::erase_if(resource.pending_writes, [&](const Resource::PendingWrite& write) {
        return buffer.device().status(write.seqno) == FenceStatus::kSignaled;
      });
      for (const PageRange& range : use.written) {
        resource.for_each_device_clean_run(range, [&](PageRange run) { use.owned.push_back(run); });
      }
      resource.pending_writes.reserve(resource.pending_writes.size() + use.written.size());
    }
    // Nothing below can fail, so that a claim is made as a whole or not at all.
    for (Use& use : claim.uses) {
      for (const PageRange& run : use.taken) use.resource->clear_dirty(run);
      for (const PageRange& range : use.written) {
        use.resource->add_device_dirty(range);
        use.resource->pending_writes.push_back({range, seqno});
      }
    }
  };
  const auto take = [&](PageRange run) {
    // First what may throw, and so leaves the run where it is.
    if (report != nullptr) report->dirty.push_back(run);
    buffer.distribute(run);
  };
  buffer.tracker()->validate(used, written, take, own);
  seam(Seam::kSubmitAfterOwn);
  if (report == nullptr) return;
  for (const Use& use : claim.uses) report->moved += use.moved;
  report->used = std::move(used);
  report->written = std::move(written);
}

/// Sends the updates, and tells how long that took.
void update(Device& device, const std::vector<UpdateRun>& updates) {
  if (updates.empty()) return device.update(updates);
  using Clock = std::chrono::steady_clock;
  std::size_t bytes = 0;
  for (const UpdateRun& run : updates) bytes += run.size;
  const auto begin = Clock::now();
  device.update(updates);
  const double ns = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
  const std::optional<double> page = price_per_page(bytes, ns);
  if (!page) return;
  observe_copy(*page);
  device.update_price().observe(*page);
}

/// Ends the device's ownership of pages in `range`, except of those that it wrote in a resource.
/// Under the buffer's lock.
void disown(CoherentBuffer& buffer, PageRange range) noexcept {
  buffer.tracker()->disown(range);
  // A page at the border may belong to another resource that the device wrote before.
  buffer.resources().for_each_overlapping(bytes_of(range), [&](const Resource& other) {
    other.for_each_device_dirty_run(range, [&](PageRange run) { buffer.tracker()->own(run); });
  });
}

/// Undoes claim_pages(): the dirt is dirt again (promise C5), and the pages are the CPU's.
void roll_back(Claim& claim, Seqno seqno) noexcept {
  CoherentBuffer& buffer = *claim.buffer;
  buffer.locked([&] {
    for (Use& use : claim.uses) {
      for (const PageRange& run : use.taken) {
        if (kMutant != Mutant::kDropFailedDirt) use.resource->add_dirty(run);
      }
      for (const PageRange& run : use.owned) use.resource->clear_device_dirty(run);
      std::erase_if(use.resource->pending_writes,
                    [seqno](const auto& write) { return write.seqno == seqno; });
    }
    for (const Use& use : claim.uses) {
      for (const PageRange& range : use.owned) disown(buffer, range);
    }
  });
}

/// Gives up what the device wrote, when nothing can fail any more: it could not be taken back,
/// since the pages open at the next touch. The CPU's bytes count from now on, so they are dirt: the
/// copies differ, and a mechanism that looks for changes would not notice that.
void discard_pages(const Claim& claim) noexcept {
  CoherentBuffer& buffer = *claim.buffer;
  buffer.locked([&] {
    for (const Use& use : claim.uses) {
      Resource& resource = *use.resource;
      for (const PageRange& range : use.discarded) {
        resource.for_each_device_dirty_run(range, [&](PageRange run) {
          resource.clear_device_dirty(run);
          resource.add_dirty(run);
          disown(buffer, run);
        });
      }
      for (const PageRange& range : use.scratch) resource.add_dirty(range);
    }
  });
}

}  // namespace

Seqno submit(Device& device, std::vector<Command> commands, std::vector<BufferReport>* report) {
  check_operands(commands);
  const std::lock_guard submitting(device.submit_mutex());
  check_fits(device, commands);
  std::vector<Claim> claims = plan(commands);
  std::vector<std::shared_ptr<void>> alive;
  const Seqno seqno = device.next_seqno();
  // Marked before anything is bound, so that making room for one does not evict another.
  const std::uint64_t this_use = device.begin_use();
  for (const Command& command : commands) {
    for (const Operand& operand : command.operands) operand.resource->last_use = this_use;
  }
  const auto place_operands = [&] {
    for (const Command& command : commands) {
      for (const Operand& operand : command.operands) {
        CoherentBuffer* buffer = operand.resource->buffer();
        if (buffer == nullptr || operand.discards) continue;
        place(*operand.resource, this_use);
        alive.push_back(buffer->buffer().shared_from_this());
      }
    }
  };
  // First of all: a device that is lost or gone must not have its resources moved around.
  device.reserve();
  std::size_t claimed = 0;
  try {
    try {
      place_operands();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kOutOfDeviceMemory) throw;
      // There may be enough, but in pieces between operands that were bound before.
      evict_all(device);
      place_operands();
    }
    for (const Claim& claim : claims) reconcile_overlaps(claim);
    std::vector<UpdateRun> updates;
    for (; claimed < claims.size(); ++claimed) {
      Claim& claim = claims[claimed];
      BufferReport* const entry =
          report == nullptr ? nullptr : &report->emplace_back(BufferReport{claim.buffer});
      claim_pages(claim, seqno, updates, entry);
    }
    update(device, updates);
  } catch (...) {
    for (std::size_t i = 0; i < claimed; ++i) roll_back(claims[i], seqno);
    device.cancel();
    throw;
  }
  for (const Claim& claim : claims) {
    for (const Use& use : claim.uses) {
      claim.buffer->stats.bytes_updated += use.moved.bytes;
      claim.buffer->stats.boxes_updated += use.moved.boxes;
    }
    discard_pages(claim);
  }
  std::erase_if(commands, [](const Command& command) { return command.kernel == nullptr; });
  device.enqueue(std::move(commands), std::move(alive));
  return seqno;
}

}  // namespace mkwrite
