// Kernels that draw.
#pragma once

#include "device/kernels.h"

namespace mkwrite {

enum class Shading : std::uint32_t {
  kFlat = 0,    ///< the colour of a triangle's first vertex
  kSmooth = 1,  ///< interpolated between the three
};

/// Bytes of a vertex: x and y as float32, in texels from the upper left corner; r, g, b, a.
inline constexpr std::size_t kVertexBytes = 12;

/// Draws triangles, three vertices of `vertices` each, into one mip of one layer (its slice 0) of
/// an rgba8 surface, in order, without blending. A texel is covered when its centre is inside; on
/// an edge, when that is a top or left edge, so that triangles with a common edge neither overlap
/// nor leave a gap. Positions are rounded to 1/256 texel. Both windings are drawn. Triangles with a
/// position that is no number, or 2^20 or more away, are left out. Throws Error: kInvalidArgument
/// (vertices, or no rgba8 surface), kOutOfRange (layer or mip).
Command make_fill_triangles(Target vertices, const std::shared_ptr<Resource>& surface,
                            std::uint32_t layer, std::uint32_t mip, Shading shading);

}  // namespace mkwrite
