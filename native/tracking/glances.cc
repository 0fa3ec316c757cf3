#include "tracking/glances.h"

#include <bit>
#include <utility>

namespace mkwrite {

std::uint64_t Glances::take(const std::byte* contents, PageIndex first,
                            std::uint64_t pages) noexcept {
  std::uint64_t differing = 0;
  for (; pages != 0; pages &= pages - 1) {
    const auto bit = static_cast<std::size_t>(std::countr_zero(pages));
    // Threads of the program may be writing it. Whatever is read of such a word is a hint as good
    // as any: relaxed.
    const auto* word =
        reinterpret_cast<const std::uint64_t*>(contents + ((first + bit) << kPageShift));
    const std::uint64_t now = __atomic_load_n(word, __ATOMIC_RELAXED);
    if (std::exchange(words_[first + bit], now) != now) differing |= std::uint64_t{1} << bit;
  }
  return differing;
}

}  // namespace mkwrite
