// The part of the triangle products held at a time.
#pragma once

#include <cstdint>

namespace pleat::ops {

// The number of pair lines whose left factor and product are held at a time.
int64_t triangle_lines(int64_t tokens, int64_t channels);

// The floats of a factor or product of some lines, channel by channel.
int64_t triangle_floats(int64_t lines, int64_t tokens, int64_t channels);

}  // namespace pleat::ops
