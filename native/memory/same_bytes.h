// Comparing memory that others may be writing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mkwrite {

/// Whether `size` bytes are the same, a multiple of 128. What differed before the call and still
/// does is always found, whatever is written beside it meanwhile.
///
/// memcmp does not promise that. glibc's compares blocks, and where one differs it loads the bytes
/// again to tell which is greater. If a writer has changed them back in between, it says that all
/// is the same, and has not looked at the rest. Here every byte is loaded once, and that decides.
///
/// It races on purpose, so ThreadSanitizer is not to watch it.
[[gnu::no_sanitize("thread")]] inline bool same_bytes(const std::byte* a, const std::byte* b,
                                                      std::size_t size) noexcept {
  using Vector [[gnu::vector_size(16)]] = std::uint64_t;
  constexpr std::size_t kVectors = 8;
  for (std::size_t at = 0; at < size; at += kVectors * sizeof(Vector)) {
    Vector different{};
    for (std::size_t i = 0; i < kVectors; ++i) {
      Vector x;
      Vector y;
      std::memcpy(&x, a + at + i * sizeof(Vector), sizeof x);
      std::memcpy(&y, b + at + i * sizeof(Vector), sizeof y);
      different |= x ^ y;
    }
    if ((different[0] | different[1]) != 0) return false;
  }
  return true;
}

}  // namespace mkwrite
