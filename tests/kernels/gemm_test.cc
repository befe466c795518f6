#include "kernels/gemm.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "tests/kernels/reference.h"

namespace pleat::kernels {
namespace {

using test::exact_product;
using test::kEveryArithmetic;
using test::random_matrix;

class Gemm : public test::OnEveryIsa {};
PLEAT_ON_EVERY_ISA(Gemm);

struct Sizes {
  int64_t m, k, n;
};

// One, the tiles' heights and their neighbours; panels of every width with whole and cut vectors; depths
// about the blocks'.
const Sizes kSizes[] = {{1, 1, 1},      {5, 3, 7},     {6, 16, 16},   {7, 17, 33},   {13, 76, 76},
                        {48, 128, 128}, {2, 384, 9},   {3, 385, 65},  {11, 900, 31}, {97, 40, 200},
                        {1, 1000, 64},  {12, 128, 48}, {33, 513, 16}, {64, 32, 17},  {17, 1100, 40}};

void expect_product(ConstMat a, ConstMat b, Arithmetic arithmetic, ConstMat c, ConstMat start) {
  for (int64_t r = 0; r < c.rows; ++r)
    for (int64_t n = 0; n < c.cols; ++n) {
      const auto exact = exact_product(a, b, r, n, arithmetic);
      const double before = start.data ? start.row(r)[n] : 0;
      ASSERT_NEAR(c.row(r)[n], exact.value + before, exact.bound + 1e-6 * std::abs(before))
          << c.rows << "x" << a.cols << "x" << c.cols << " at " << r << ", " << n;
    }
}

TEST_P(Gemm, EqualsThePlainProduct) {
  for (Arithmetic arithmetic : kEveryArithmetic)
    for (const auto& [m, k, n] : kSizes) {
      const auto a = random_matrix(m, k, 1), b = random_matrix(k, n, 2);
      Tensor<float> c({m, n});
      gemm(matrix(a), PackedMatrix(matrix(b), arithmetic), matrix(c));
      expect_product(matrix(a), matrix(b), arithmetic, matrix(c), {});
    }
}

TEST_P(Gemm, AddsToWhatIsThere) {
  for (Arithmetic arithmetic : kEveryArithmetic)
    for (const auto& [m, k, n] : kSizes) {
      const auto a = random_matrix(m, k, 3), b = random_matrix(k, n, 4), start = random_matrix(m, n, 5);
      Tensor<float> c = start;
      gemm(matrix(a), PackedMatrix(matrix(b), arithmetic), matrix(c), true);
      expect_product(matrix(a), matrix(b), arithmetic, matrix(c), matrix(start));
    }
}

TEST_P(Gemm, TakesStridedOperandsAndWritesNothingBesideTheResult) {
  const auto wide_a = random_matrix(19, 40, 6), wide_b = random_matrix(40, 30, 7);
  const ConstMat a = matrix(wide_a).cols_at(3, 21);
  Tensor<float> b_plain({21, 40});
  transpose(matrix(wide_b).cols_at(0, 21), matrix(b_plain));
  for (Arithmetic arithmetic : kEveryArithmetic) {
    // B transposed in memory: b(k, n) = wide_b[n, k].
    const PackedMatrix b(wide_b.data(), 21, 40, 1, 30, arithmetic);
    Tensor<float> out({21, 50});
    for (float& x : out.values()) x = 7.0f;
    const Mat c = matrix(out).rows_at(1, 19).cols_at(5, 40);
    gemm(a, b, c);
    expect_product(a, matrix(b_plain), arithmetic, c, {});
    for (int64_t r = 0; r < 21; ++r)
      for (int64_t n = 0; n < 50; ++n) {
        if (r < 1 || r > 19 || n < 5 || n >= 45) {
          ASSERT_EQ(out(r, n), 7.0f) << r << ", " << n;
        }
      }
  }
}

TEST_P(Gemm, PacksManyMatricesRowByRow) {
  constexpr int64_t kMatrices = 5, kDepth = 7;
  for (int64_t cols : {3, 16, 76, 200}) {
    const auto x = random_matrix(kDepth * cols, kMatrices, 2);
    const int64_t size = packed_size(kDepth, cols, Packing::float32), stride = size + 16;
    Tensor<uint32_t> words({kMatrices * stride});
    const PackedView first{words.data(), kDepth, cols, Packing::float32};
    for (int64_t k = 0; k < kDepth; ++k)
      for (int64_t n = 0; n < cols; n += kPackedPart)
        pack_row(matrix(x).rows_at(k * cols + n, std::min(kPackedPart, cols - n)), first, stride, k, n);
    for (int64_t c = 0; c < kMatrices; ++c) {
      const PackedMatrix packed(&x[c], kDepth, cols, cols * kMatrices, kMatrices);
      const auto* expected = static_cast<const uint32_t*>(PackedView(packed).data);
      for (int64_t i = 0; i < size; ++i) ASSERT_EQ(words[c * stride + i], expected[i]) << cols << " " << i;
    }
  }
}

TEST_P(Gemm, GivesARowTheSameBitsInAnyTile) {
  const auto a = random_matrix(45, 600, 8), b = random_matrix(600, 70, 9);
  for (Arithmetic arithmetic : kEveryArithmetic) {
    const PackedMatrix packed(matrix(b), arithmetic);
    Tensor<float> whole({45, 70}), single({1, 70});
    gemm(matrix(a), packed, matrix(whole));
    for (int64_t r = 0; r < 45; ++r) {
      gemm(matrix(a).rows_at(r, 1), packed, matrix(single));
      for (int64_t n = 0; n < 70; ++n) ASSERT_EQ(single[n], whole(r, n));
    }
  }
}

TEST_P(Gemm, RoundsToNearestEvenBfloat16) {
  // Halfway between two bfloat16 values: 1.00390625 to the even 1, 1.01171875 up to the even 1.015625.
  Tensor<float> a({1, 2}), b({2, 1}), c({1, 1});
  a[0] = 1.00390625f;
  a[1] = 1.01171875f;
  b[0] = 1.01171875f;
  b[1] = 1.00390625f;
  gemm(matrix(a), PackedMatrix(matrix(b), Arithmetic::bfloat16), matrix(c));
  EXPECT_EQ(c[0], 2 * 1.015625f);
}

TEST_P(Gemm, GatesAProductWithAnother) {
  for (Arithmetic arithmetic : kEveryArithmetic)
    for (Activation activation : {Activation::sigmoid, Activation::swish})
      for (const auto& [m, k, n] : kSizes) {
        const auto g = random_matrix(m, k, 10), v = random_matrix(m, k, 11);
        const float scale = 1.0f / std::sqrt(static_cast<float>(k));
        const auto w = random_matrix(k, n, 12, scale), u = random_matrix(k, n, 13, scale);
        Tensor<float> c({m, n});
        gated_gemm(activation, matrix(g), PackedMatrix(matrix(w), arithmetic), matrix(v),
                   PackedMatrix(matrix(u), arithmetic), matrix(c));
        for (int64_t r = 0; r < m; ++r)
          for (int64_t i = 0; i < n; ++i) {
            const auto gate = exact_product(matrix(g), matrix(w), r, i, arithmetic),
                       value = exact_product(matrix(v), matrix(u), r, i, arithmetic);
            const double act =
                (activation == Activation::swish ? gate.value : 1.0) / (1.0 + std::exp(-gate.value));
            const double bound = std::abs(act) * value.bound + 1.2 * gate.bound * std::abs(value.value) +
                                 1.2 * gate.bound * value.bound;
            ASSERT_NEAR(c(r, i), act * value.value, bound + 1e-6 * std::abs(act * value.value) + 1e-7);
          }
      }
}

TEST_P(Gemm, GatesAMatrixWithItself) {
  const auto x = random_matrix(40, 50, 14), w = random_matrix(50, 70, 15), u = random_matrix(50, 70, 16);
  for (Arithmetic arithmetic : kEveryArithmetic) {
    const PackedMatrix gate(matrix(w), arithmetic), value(matrix(u), arithmetic);
    const Tensor<float> same = x;
    Tensor<float> once({40, 70}), twice({40, 70});
    gated_gemm(Activation::swish, matrix(x), gate, matrix(x), value, matrix(once));
    gated_gemm(Activation::swish, matrix(x), gate, matrix(same), value, matrix(twice));
    for (int64_t k = 0; k < once.size(); ++k) ASSERT_EQ(once[k], twice[k]);
  }
}

}  // namespace
}  // namespace pleat::kernels
