// Kernels over arrays of float32. Each function checks its operands, which must be aligned to 4
// bytes, and makes a command; all throw Error (kInvalidArgument).
#pragma once

#include <array>

#include "device/kernels.h"

namespace mkwrite {

/// A 4×4 matrix by columns, as in GLSL and WGSL.
using Matrix4 = std::array<float, 16>;

/// to[i] = a * x[i] + y[i] (BLAS's axpy), rounded to float32 after either operation. All three have
/// the same size; `to` may be `x` or `y`.
Command make_scale_add(float a, Target x, Target y, Target to);

/// Multiplies each vector of four floats of `from` by `matrix`; `to` may be `from`. Sums go from
/// the left, rounded to float32 at each step.
Command make_transform(const Matrix4& matrix, Target from, Target to);

}  // namespace mkwrite
