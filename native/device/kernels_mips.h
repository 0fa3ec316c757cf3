// Kernels that make smaller images of images.
#pragma once

#include "device/kernels.h"

namespace mkwrite {

/// Makes every mip after `mip` of `layers` of an rgba8 surface from the one before it: each texel
/// is the mean of the 2×2 (of a volume 2×2×2) texels that it covers, rounded half up. Of an odd
/// extent the last texel is left out, as is usual with box filters. Writes the mips it makes.
/// Throws Error: kInvalidArgument (no rgba8 surface, multisampled, or no mip follows), kOutOfRange.
Command make_downsample(const std::shared_ptr<Resource>& surface, std::uint32_t first_layer,
                        std::uint32_t layers, std::uint32_t mip);

}  // namespace mkwrite
