// How much of the triangle products is held at a time.
#pragma once

#include <cstdint>

namespace pleat::ops {

// Lines of the pair whose left factor and product are held at a time.
int64_t triangle_lines(int64_t tokens, int64_t channels);

}  // namespace pleat::ops
