#include "coherence/residency.h"

#include "coherence/resource.h"
#include "memory/buffer_object.h"

namespace mkwrite {

void Residency::add(const Resident& resident) {
  const std::lock_guard lock(mutex_);
  // Before the list would grow, it forgets who has gone.
  if (entries_.size() == entries_.capacity()) {
    std::erase_if(entries_, [](const Entry& entry) {
      return entry.buffer.expired() || entry.resource.expired();
    });
  }
  entries_.push_back({resident.buffer, resident.resource});
}

Residency::Resident Residency::take_least_recently_used(std::uint64_t in_use) {
  // Declared before the lock, so that what is found dead or passed over is let go after it.
  std::vector<Resident> seen;
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const Entry& entry) {
    return entry.buffer.expired() || entry.resource.expired();
  });
  std::size_t oldest = entries_.size();
  Resident found;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Resident candidate{entries_[i].buffer.lock(), entries_[i].resource.lock()};
    seen.push_back(candidate);
    if (candidate.buffer == nullptr || candidate.resource == nullptr) continue;
    if (candidate.resource->last_use >= in_use) continue;
    if (found && found.resource->last_use <= candidate.resource->last_use) continue;
    found = candidate;
    oldest = i;
  }
  if (found) entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(oldest));
  return found;
}

}  // namespace mkwrite
