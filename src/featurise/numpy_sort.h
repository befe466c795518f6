// NumPy's argsort with its order of equal values. Its default sorts are not stable, and the pairing of
// alignment rows depends on that order. docs/specs/featurisation.md, section 5.3.
#pragma once

#include <string>
#include <vector>

namespace pleat::featurise {

// numpy.argsort of an object array of strings: introsort with median of three, insertion sort below 17
// elements and heap sort at depth 2 log2 n.
std::vector<int> numpy_argsort(const std::vector<std::string>& values);

// numpy.argsort of a float32 array without NaN or infinity on a processor with AVX2 (x86-simd-sort): a
// bitonic network up to 256 elements (AVX-512 gives the same there), above that a quicksort on the median of
// four that fills both ends in chunks of 16. Processors without AVX2 order equal values differently.
std::vector<int> numpy_argsort(const std::vector<float>& values);

}  // namespace pleat::featurise
