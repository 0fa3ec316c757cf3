// Random numbers by SplitMix64 (Steele, Lea and Flood 2014): small, fast, and the same for a seed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mkwrite::stress {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  /// From 0 to `bound` - 1; `bound` is not 0.
  std::size_t below(std::size_t bound) noexcept { return static_cast<std::size_t>(next()) % bound; }
  bool one_in(std::size_t times) noexcept { return below(times) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace mkwrite::stress
