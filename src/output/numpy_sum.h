// Sums in NumPy's order, so that means agree with the reference to the last bit and round alike when printed.
#pragma once

#include <cstddef>
#include <span>

namespace pleat::output {

// The sum of `values` as numpy.sum adds a contiguous float64 array: one after the other below 8 values, in 8
// interleaved partial sums up to 128, and above that as the sum of two halves (the first a multiple of 8
// long). 0 for no values.
double numpy_sum(std::span<const double> values);

// numpy_sum over the count. `values` is not empty.
inline double numpy_mean(std::span<const double> values) {
  return numpy_sum(values) / static_cast<double>(values.size());
}

}  // namespace pleat::output
