#include "coherence/validation.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "coherence/coherent_buffer.h"
#include "coherence/placement.h"
#include "faults/mutant.h"
#include "faults/seam.h"
#include "memory/error.h"

namespace mkwrite {
namespace {

/// One coherent resource's share in a submission.
struct Use {
  Resource* resource;
  std::vector<PageRange> used;     ///< pages read or written; ascending, disjoint
  std::vector<PageRange> written;  ///< likewise
  // Filled in by claim(), for roll_back():
  std::vector<PageRange> taken;  ///< dirty pages that this submission uploads
  std::vector<PageRange> owned;  ///< pages that became device-owned by it
};

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

/// Sorts what the commands touch by buffer object and coherent resource.
std::vector<Claim> plan(const std::vector<Command>& commands) {
  std::vector<const Operand*> operands;
  for (const Command& command : commands) {
    for (const Operand& operand : command.operands) {
      if (operand.resource->coherent()) operands.push_back(&operand);
    }
  }
  std::ranges::sort(operands, {}, [](const Operand* operand) {
    return std::tuple(operand->resource->buffer(), operand->resource.get());
  });
  std::vector<Claim> claims;
  for (const Operand* operand : operands) {
    Resource* resource = operand->resource.get();
    if (claims.empty() || claims.back().buffer != resource->buffer()) {
      claims.push_back({resource->buffer(), {}});
    }
    std::vector<Use>& uses = claims.back().uses;
    if (uses.empty() || uses.back().resource != resource)
      uses.push_back({resource, {}, {}, {}, {}});
    const PageRange pages = resource->pages_of(operand->bytes);
    uses.back().used.push_back(pages);
    if (operand->writes) uses.back().written.push_back(pages);
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
      if (other_use != claim.uses.end() && !(use.written.empty() && other_use->written.empty())) {
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
void claim_pages(Claim& claim, Seqno seqno, std::vector<UpdateRun>& updates) {
  std::vector<PageRange> used;
  std::vector<PageRange> written;
  for (const Use& use : claim.uses) {
    used.insert(used.end(), use.used.begin(), use.used.end());
    written.insert(written.end(), use.written.begin(), use.written.end());
  }
  merge(used);
  merge(written);

  CoherentBuffer& buffer = *claim.buffer;
  const auto own = [&] {
    for (Use& use : claim.uses) {
      Resource& resource = *use.resource;
      for (const PageRange& range : use.used) {
        resource.for_each_dirty_run(range, [&](PageRange dirty) {
          // Device-owned pages are older in the buffer object than on the device (design rule 7).
          resource.for_each_device_clean_run(dirty, [&](PageRange run) {
            use.taken.push_back(run);
            const ByteRange bytes = resource.bytes_in(run);
            updates.push_back({buffer.buffer().alias() + bytes.offset,
                               resource.memory_at(bytes).data(), bytes.size});
          });
        });
      }
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
  buffer.tracker()->validate(used, written, [&](PageRange run) { buffer.distribute(run); }, own);
  seam(Seam::kSubmitAfterOwn);
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
    // A page at the border may belong to another resource that the device wrote before.
    for (const Use& use : claim.uses) {
      for (const PageRange& range : use.owned) {
        buffer.tracker()->disown(range);
        buffer.resources().for_each_overlapping(bytes_of(range), [&](const Resource& other) {
          other.for_each_device_dirty_run(range,
                                          [&](PageRange run) { buffer.tracker()->own(run); });
        });
      }
    }
  });
}

}  // namespace

Seqno submit(Device& device, std::vector<Command> commands) {
  check_operands(commands);
  const std::lock_guard submitting(device.submit_mutex());
  std::vector<Claim> claims = plan(commands);
  std::vector<std::shared_ptr<void>> alive;
  const Seqno seqno = device.next_seqno();
  // Marked before anything is bound, so that making room for one does not evict another.
  for (const Command& command : commands) {
    for (const Operand& operand : command.operands) operand.resource->last_use = seqno;
  }
  for (const Command& command : commands) {
    for (const Operand& operand : command.operands) {
      CoherentBuffer* buffer = operand.resource->buffer();
      if (buffer == nullptr) continue;
      place(*operand.resource, seqno);
      alive.push_back(buffer->buffer().shared_from_this());
    }
  }
  for (const Claim& claim : claims) reconcile_overlaps(claim);

  device.reserve();
  std::size_t claimed = 0;
  try {
    std::vector<UpdateRun> updates;
    for (; claimed < claims.size(); ++claimed) claim_pages(claims[claimed], seqno, updates);
    device.update(updates);
  } catch (...) {
    for (std::size_t i = 0; i < claimed; ++i) roll_back(claims[i], seqno);
    device.cancel();
    throw;
  }
  for (const Claim& claim : claims) {
    for (const Use& use : claim.uses) {
      for (const PageRange& run : use.taken) {
        claim.buffer->stats.bytes_updated += use.resource->bytes_in(run).size;
      }
    }
  }
  device.enqueue(std::move(commands), std::move(alive));
  return seqno;
}

}  // namespace mkwrite
