// The other side of the writers: who takes what they write.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "stress/arena.h"
#include "stress/counts.h"

namespace mkwrite::stress {

class Traffic {
 public:
  virtual ~Traffic() = default;

  const Arenas& arenas() const noexcept { return arenas_; }

  /// Takes what was written to some pages, while writers go on. Throws Error.
  virtual void frame() = 0;
  /// Takes everything and compares all memory byte for byte. Nobody is writing. Throws Error.
  virtual void settle() = 0;

 protected:
  Traffic(Counts& counts, std::uint64_t seed) : counts_(counts), random_(seed) {}

  /// Compares a buffer object, as the CPU sees it, with what it must hold.
  void compare_view(Arena& arena);

  /// How many collects in a row find nothing at a quiescent point: as many as let the policy
  /// "kernel" change its mechanism.
  static constexpr int kQuietCollects = 4;

  Counts& counts_;
  Random random_;
  Arenas arenas_;
};

/// A writer's slot, and what must have reached the device by now.
struct Arrival {
  Slot slot;
  Sequence at_least;
};

/// Notes what some slots in `pages` hold now. A slot counts only if it lies in `bytes` as a whole.
std::vector<Arrival> sample_arrivals(const Arena& arena, ByteRange bytes, Random& random);

/// How many of `arrivals` are older in `memory`, which holds the arena's bytes from `offset` on.
/// What a writer changes at this moment may be half there, which proves nothing.
std::uint64_t count_missing(std::span<const Arrival> arrivals, const std::byte* memory,
                            std::size_t offset) noexcept;

}  // namespace mkwrite::stress
