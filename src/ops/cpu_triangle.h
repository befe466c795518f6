// What the triangle products hold.
#pragma once

#include <cstdint>

#include "kernels/gemm.h"

namespace pleat::ops {

// The floats that a triangle product holds besides scratch: its right factor, and the left factor and product
// of some lines.
int64_t triangle_floats(int64_t tokens, int64_t channels, kernels::Arithmetic arithmetic);

}  // namespace pleat::ops
