// Sums of short feature rows, where an embedding adds rows of its weights.
#pragma once

#include <cstdint>

namespace pleat {

// row += values, row += factor * values; n columns.
inline void add_to(float* row, const float* values, int64_t n) {
  for (int64_t c = 0; c < n; ++c) row[c] += values[c];
}
inline void add_scaled(float* row, const float* values, float factor, int64_t n) {
  for (int64_t c = 0; c < n; ++c) row[c] += factor * values[c];
}

}  // namespace pleat
