// Sums of table rows: an embedding adds the rows of the features of a token, an atom or a pair.
#pragma once

#include <cstdint>

namespace pleat::ops {

// row += values, row += factor * values; n columns.
inline void add_to(float* row, const float* values, int64_t n) {
  for (int64_t c = 0; c < n; ++c) row[c] += values[c];
}
inline void add_scaled(float* row, const float* values, float factor, int64_t n) {
  for (int64_t c = 0; c < n; ++c) row[c] += factor * values[c];
}

}  // namespace pleat::ops
