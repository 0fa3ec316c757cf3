// Surfaces of four bytes per texel, which the image kernels work on.
#pragma once

#include "coherence/resource.h"
#include "memory/error.h"

namespace mkwrite {

inline constexpr std::size_t kRgba8Bytes = 4;

/// The layout of an rgba8 surface with one sample. Throws Error (kInvalidArgument).
inline const SurfaceLayout& check_rgba8(const Resource& resource) {
  const SurfaceLayout* const layout = resource.layout();
  if (layout == nullptr || layout->description().format != SurfaceFormat::kRgba8 ||
      layout->description().samples != 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "This command works on surfaces of format rgba8 with one sample.");
  }
  return *layout;
}

}  // namespace mkwrite
