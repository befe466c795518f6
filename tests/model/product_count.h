// Counts the operations of all matrix products that the layers run: the linker puts these functions in the
// place of gemm and gated_gemm (tests/model/CMakeLists.txt).
#pragma once

#include <cstdint>

namespace pleat::model::test {

// Operations since the last call, two for each multiplied pair of values.
int64_t take_product_count();

}  // namespace pleat::model::test
