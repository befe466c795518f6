// What the kernels' tests share: every instruction set of this machine, random matrices, and sums in double
// precision.
#pragma once

#include <gtest/gtest.h>

#include <random>

#include "kernels/isa.h"
#include "kernels/matrix.h"

namespace pleat::test {

// Runs each test once per instruction set that this machine has kernels for.
class OnEveryIsa : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override { use_isa(GetParam()); }
  void TearDown() override { use_isa(active_isa()); }
};

#define PLEAT_ON_EVERY_ISA(suite)                                              \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::ValuesIn(::pleat::kernel_isas()), \
                           [](const auto& info) { return ::pleat::name(info.param); })

inline Tensor<float> random_matrix(int64_t rows, int64_t cols, unsigned seed, float scale = 1.0f) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0.0f, scale);
  Tensor<float> out({rows, cols});
  for (float& x : out.values()) x = normal(generator);
  return out;
}

// A product in double precision with the bound that float32 arithmetic in any order keeps: K eps sum |a||b|.
struct ExactElement {
  double value = 0, bound = 0;
};
inline ExactElement exact_product(ConstMat a, ConstMat b, int64_t r, int64_t c) {
  ExactElement e;
  for (int64_t k = 0; k < a.cols; ++k) {
    const double term = static_cast<double>(a.row(r)[k]) * b.row(k)[c];
    e.value += term;
    e.bound += std::abs(term);
  }
  e.bound = 1e-7 * (static_cast<double>(a.cols) + 2) * e.bound + 1e-30;
  return e;
}

}  // namespace pleat::test
