// What a collect costs when nothing was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace mkwrite {

/// Collects from an idle buffer object of `size` bytes, all of them present, under `policy`, in
/// turn with bare scans of the same memory under userfault. After 32 of each that do not count,
/// calls `visit(library_ns, bare_ns)` `rounds` times. Throws Error.
void measure_idle_collects(std::string_view policy, std::size_t size, std::size_t rounds,
                           const std::function<void(std::int64_t, std::int64_t)>& visit);

}  // namespace mkwrite
