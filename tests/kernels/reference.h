// What the kernels' tests share: every instruction set of this machine, random matrices, and sums in double
// precision.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "kernels/gemm.h"
#include "kernels/isa.h"
#include "kernels/matrix.h"
#include "tensor/dtype.h"

namespace pleat::kernels::test {

// Runs each test once per instruction set that this machine has kernels for.
class OnEveryIsa : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override { use_isa(GetParam()); }
  void TearDown() override { use_isa(active_isa()); }
};

#define PLEAT_ON_EVERY_ISA(suite)                                                       \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::ValuesIn(::pleat::kernels::kernel_isas()), \
                           [](const auto& info) { return ::pleat::name(info.param); })

inline Tensor<float> random_matrix(int64_t rows, int64_t cols, unsigned seed, float scale = 1.0f) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0.0f, scale);
  Tensor<float> out({rows, cols});
  for (float& x : out.values()) x = normal(generator);
  return out;
}

constexpr Arithmetic kEveryArithmetic[] = {Arithmetic::float32, Arithmetic::split, Arithmetic::bfloat16};

// x as a product of this packing sees it, in the part of 24 or 8 bits that it keeps.
inline double operand(float x, Packing packing) {
  const bool rounded = packing == Packing::bf16x2 || packing == Packing::bf16;
  return rounded ? from_bf16(to_bf16(x)) : x;
}

// A product of the operands in double precision, with the bound on what float32 sums in any order may lose:
// K eps sum |a||b|. Operands in two parts of bfloat16 miss 2^-18 of each and of their product.
struct ExactElement {
  double value = 0, bound = 0;
};
inline ExactElement exact_product(ConstMat a, ConstMat b, int64_t r, int64_t c,
                                  Arithmetic arithmetic = Arithmetic::float32) {
  const Packing packing = packing_of(b.rows, b.cols, arithmetic);
  ExactElement e;
  double size = 0;
  for (int64_t k = 0; k < a.cols; ++k) {
    const double term = operand(a.row(r)[k], packing) * operand(b.row(k)[c], packing);
    e.value += term;
    size += std::abs(term);
  }
  const double missed = packing == Packing::split_bf16x2 ? 3 * std::ldexp(1.0, -18) : 0.0;
  e.bound = (1e-7 * (static_cast<double>(a.cols) + 2) + missed) * size + 1e-30;
  return e;
}

}  // namespace pleat::kernels::test
