// Sums in NumPy's order, so that means equal the reference's to the last bit and print alike.
#pragma once

#include <cstddef>
#include <span>

namespace pleat::output {

// numpy.sum of a contiguous float64 array: one after the other below 8 values, 8 interleaved partial sums up
// to 128, above that the sum of two parts (the first a multiple of 8 long). 0 for no values.
double numpy_sum(std::span<const double> values);

// numpy_sum over the count. `values` is not empty.
inline double numpy_mean(std::span<const double> values) {
  return numpy_sum(values) / static_cast<double>(values.size());
}

}  // namespace pleat::output
