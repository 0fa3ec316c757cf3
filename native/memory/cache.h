// Puts memory out of the caches, so that a measurement finds it as cold as a frame does.
#pragma once

#include <cstddef>
#include <span>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mkwrite {

inline void evict_from_caches(std::span<const std::byte> memory) noexcept {
  constexpr std::size_t kLine = 64;
  for (std::size_t at = 0; at < memory.size(); at += kLine) {
#if defined(__x86_64__)
    _mm_clflush(memory.data() + at);
#elif defined(__aarch64__)
    asm volatile("dc civac, %0" : : "r"(memory.data() + at) : "memory");
#endif
  }
#if defined(__x86_64__)
  _mm_mfence();
#elif defined(__aarch64__)
  asm volatile("dsb ish" : : : "memory");
#endif
}

}  // namespace mkwrite
