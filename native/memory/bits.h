// Bits of a machine word.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mkwrite {

/// The number of set bits. std::popcount is a call of a function that looks bytes up where the
/// processor may be one without an instruction for it, as in a build for every x86-64. This adds
/// neighbours up: pairs, fours, eights, and all bytes by a multiplication.
constexpr std::size_t count_bits(std::uint64_t word) noexcept {
  word -= word >> 1U & 0x5555555555555555U;
  word = (word & 0x3333333333333333U) + (word >> 2U & 0x3333333333333333U);
  word = (word + (word >> 4U)) & 0x0F0F0F0F0F0F0F0FU;
  return word * 0x0101010101010101U >> 56U;
}

}  // namespace mkwrite
