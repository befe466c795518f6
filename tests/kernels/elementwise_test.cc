#include "kernels/elementwise.h"

#include <cmath>
#include <limits>

#include "tensor/dtype.h"
#include "tests/kernels/reference.h"

namespace pleat::kernels {
namespace {

using test::random_matrix;

class Elementwise : public test::OnEveryIsa {};
PLEAT_ON_EVERY_ISA(Elementwise);

const int64_t kWidths[] = {1, 3, 8, 15, 16, 31, 64, 128, 447};

struct Row {
  double mean = 0, variance = 0;
};
Row moments(const Tensor<float>& x, int64_t r) {
  Row m;
  for (int64_t c = 0; c < x.dim(1); ++c) m.mean += x(r, c);
  m.mean /= static_cast<double>(x.dim(1));
  for (int64_t c = 0; c < x.dim(1); ++c) m.variance += (x(r, c) - m.mean) * (x(r, c) - m.mean);
  m.variance /= static_cast<double>(x.dim(1));
  return m;
}

TEST_P(Elementwise, LayerNormWithAndWithoutScaleAndOffset) {
  for (Variance variance : {Variance::fast, Variance::slow})
    for (int64_t n : kWidths) {
      const auto x = random_matrix(5, n, 1), parameters = random_matrix(2, n, 2);
      for (int use = 0; use < 4; ++use) {
        const float* scale = use & 1 ? &parameters(0) : nullptr;
        const float* offset = use & 2 ? &parameters(1) : nullptr;
        Tensor<float> y({5, n});
        layer_norm(matrix(x), scale, offset, variance, matrix(y));
        for (int64_t r = 0; r < 5; ++r) {
          const Row m = moments(x, r);
          for (int64_t c = 0; c < n; ++c) {
            const double exact =
                (scale ? scale[c] : 1.0) * (x(r, c) - m.mean) / std::sqrt(m.variance + 1e-5) +
                (offset ? offset[c] : 0.0);
            // A single column has no variance: what the fast form leaves of x^2 - x^2 is divided by
            // sqrt(1e-5).
            ASSERT_NEAR(y(r, c), exact, n == 1 ? 1e-3 : 2e-5 * (1 + std::abs(exact))) << n;
          }
        }
      }
    }
}

TEST_P(Elementwise, LayerNormInPlaceIsTheSame) {
  const auto x = random_matrix(4, 37, 3);
  Tensor<float> apart({4, 37}), place = x;
  layer_norm(matrix(x), nullptr, nullptr, Variance::slow, matrix(apart));
  layer_norm(matrix(place), nullptr, nullptr, Variance::slow, matrix(place));
  for (int64_t k = 0; k < x.size(); ++k) ASSERT_EQ(apart[k], place[k]);
}

TEST_P(Elementwise, AdaptiveLayerNorm) {
  for (int64_t n : kWidths) {
    const auto x = random_matrix(3, n, 4), gate = random_matrix(3, n, 5), shift = random_matrix(3, n, 6);
    Tensor<float> y({3, n});
    adaptive_layer_norm(matrix(x), matrix(gate), matrix(shift), matrix(y));
    for (int64_t r = 0; r < 3; ++r) {
      const Row m = moments(x, r);
      for (int64_t c = 0; c < n; ++c)
        ASSERT_NEAR(y(r, c), gate(r, c) * (x(r, c) - m.mean) / std::sqrt(m.variance + 1e-5) + shift(r, c),
                    1e-4);
    }
  }
}

// f(x, a, b) against what the kernel makes of x in a strided view; the columns beside the view stay.
template <class Kernel, class Plain>
void expect_map(Kernel kernel, Plain plain, double tolerance = 1e-6) {
  for (int64_t n : kWidths) {
    const auto start = random_matrix(3, n + 2, 7), a = random_matrix(3, n, 8), b = random_matrix(3, n, 9);
    Tensor<float> x = start;
    kernel(matrix(x).cols_at(1, n), matrix(a), matrix(b));
    for (int64_t r = 0; r < 3; ++r) {
      for (int64_t c = 0; c < n; ++c) {
        const double exact = plain(start(r, c + 1), a(r, c), b(r, c), a(0, c));
        ASSERT_NEAR(x(r, c + 1), exact, tolerance * (1 + std::abs(exact))) << n;
      }
      ASSERT_EQ(x(r, 0), start(r, 0));
      ASSERT_EQ(x(r, n + 1), start(r, n + 1));
    }
  }
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

TEST_P(Elementwise, Maps) {
  expect_map([](Mat x, ConstMat, ConstMat) { sigmoid(x, nullptr); },
             [](double x, double, double, double) { return logistic(x); });
  expect_map([](Mat x, ConstMat a, ConstMat) { sigmoid(x, a.data); },
             [](double x, double, double, double row) { return logistic(x + row); });
  expect_map([](Mat x, ConstMat a, ConstMat) { sigmoid_multiply(a, x); },
             [](double x, double a, double, double) { return x * logistic(a); });
  expect_map([](Mat x, ConstMat a, ConstMat) { swish_multiply(a, x); },
             [](double x, double a, double, double) { return x * a * logistic(a); });
  expect_map([](Mat x, ConstMat, ConstMat) { relu(x); },
             [](double x, double, double, double) { return x > 0 ? x : 0; });
  expect_map([](Mat x, ConstMat a, ConstMat) { add(a, x); },
             [](double x, double a, double, double) { return x + a; });
  expect_map([](Mat x, ConstMat a, ConstMat b) { add_product(a, b, x); },
             [](double x, double a, double b, double) { return x + a * b; });
  expect_map([](Mat x, ConstMat a, ConstMat) { add_row(a.data, x); },
             [](double x, double, double, double row) { return x + row; });
  expect_map([](Mat x, ConstMat, ConstMat) { multiply(0.3f, x); },
             [](double x, double, double, double) { return x * 0.3f; });
  expect_map([](Mat x, ConstMat a, ConstMat) { copy(a, x); },
             [](double, double a, double, double) { return a; }, 0);
}

TEST_P(Elementwise, SigmoidSaturates) {
  Tensor<float> x({1, 4});
  x[0] = -200;
  x[1] = 200;
  x[2] = -30;
  x[3] = 0;
  sigmoid(matrix(x), nullptr);
  EXPECT_NEAR(x[0], 0.0f, 1e-37);
  EXPECT_EQ(x[1], 1.0f);
  EXPECT_NEAR(x[2], std::exp(-30.0), 1e-18);
  EXPECT_EQ(x[3], 0.5f);
}

TEST_P(Elementwise, SoftmaxOfLargeAndSmallLogits) {
  for (int64_t n : kWidths) {
    auto x = random_matrix(4, n, 10, 5.0f);
    for (int64_t c = 0; c < n; ++c) x(3, c) += 1e4f;
    const Tensor<float> start = x;
    softmax(matrix(x));
    for (int64_t r = 0; r < 4; ++r) {
      double max = -1e30, sum = 0;
      for (int64_t c = 0; c < n; ++c) max = std::max(max, static_cast<double>(start(r, c)));
      for (int64_t c = 0; c < n; ++c) sum += std::exp(start(r, c) - max);
      for (int64_t c = 0; c < n; ++c) ASSERT_NEAR(x(r, c), std::exp(start(r, c) - max) / sum, 1e-6);
    }
  }
}

// The quotient of the two results is the exponential alone.
TEST_P(Elementwise, ExponentialIsRightToTheLastPlace) {
  for (float x = 0; x > -87.3f; x -= 0.0127f) {
    Tensor<float> row({1, 2});
    row[1] = x;
    softmax(matrix(row));
    const double exact = std::exp(static_cast<double>(x));
    ASSERT_NEAR(row[1] / row[0], exact, 2.5e-7 * exact) << x;
  }
  for (const float x : {-87.4f, -104.0f, -1e9f, -std::numeric_limits<float>::infinity()}) {
    Tensor<float> row({1, 2});
    row[1] = x;
    softmax(matrix(row));
    EXPECT_EQ(row[1], 0.0f) << x;
    EXPECT_EQ(row[0], 1.0f) << x;
  }
}

TEST_P(Elementwise, RoundsToNearestEvenBfloat16) {
  auto x = random_matrix(3, 29, 11);
  x[0] = 1.00390625f;  // halfway between two bfloat16 values: to the even one, 1
  x[1] = 1.01171875f;  // halfway: up to the even 1.015625
  x[2] = INFINITY;
  const Tensor<float> start = x;
  round_to_bf16(matrix(x), matrix(x));
  EXPECT_EQ(x[0], 1.0f);
  EXPECT_EQ(x[1], 1.015625f);
  for (int64_t k = 0; k < x.size(); ++k) ASSERT_EQ(x[k], from_bf16(to_bf16(start[k])));
}

TEST_P(Elementwise, Transpose) {
  for (int64_t rows : {1, 7, 16, 48})
    for (int64_t cols : {1, 4, 33, 128}) {
      const auto x = random_matrix(rows, cols, 12);
      Tensor<float> out({cols, rows + 3});
      transpose(matrix(x), matrix(out).cols_at(2, rows));
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < cols; ++c) ASSERT_EQ(out(c, r + 2), x(r, c));
    }
}

// --- Activations stored in bfloat16

TEST_P(Elementwise, StoresBfloat16RoundedAndReadsItBack) {
  for (int64_t n : kWidths) {
    const auto x = random_matrix(5, n, 20);
    StoredTensor stored(5, n, Storage::bfloat16);
    Tensor<float> back({5, n});
    copy(matrix(x), stored.view());
    copy(stored.view(), matrix(back));
    for (int64_t k = 0; k < x.size(); ++k) ASSERT_EQ(back[k], from_bf16(to_bf16(x[k]))) << n;
  }
}

TEST_P(Elementwise, AddsToStoredBfloat16RoundingTheSumOnce) {
  for (int64_t n : kWidths) {
    const auto x = random_matrix(3, n, 21), a = random_matrix(3, n, 22);
    StoredTensor stored(3, n, Storage::bfloat16);
    copy(matrix(x), stored.view());
    add(matrix(a), stored.view());
    for (int64_t r = 0; r < 3; ++r)
      for (int64_t c = 0; c < n; ++c)
        ASSERT_EQ(stored.view().bf16(r)[c], to_bf16(from_bf16(to_bf16(x(r, c))) + a(r, c))) << n;
  }
}

TEST_P(Elementwise, NormsStoredBfloat16AsItsFloats) {
  const auto x = random_matrix(6, 128, 23);
  StoredTensor stored(6, 128, Storage::bfloat16);
  copy(matrix(x), stored.view());
  Tensor<float> floats({6, 128}), expected({6, 128}), normed({6, 128});
  copy(stored.view(), matrix(floats));
  layer_norm(matrix(floats), nullptr, nullptr, Variance::fast, matrix(expected));
  layer_norm(stored.view(), nullptr, nullptr, Variance::fast, matrix(normed));
  for (int64_t k = 0; k < x.size(); ++k) ASSERT_EQ(normed[k], expected[k]);
}

// Every third row from the second on, in both storages: what lies between stays.
TEST_P(Elementwise, WritesStoredRowsAndNothingBetween) {
  for (const Storage storage : {Storage::float32, Storage::bfloat16}) {
    StoredTensor stored(9, 20, storage);
    const auto x = random_matrix(3, 20, 24);
    const StoredMat column = stored.view().every(3, 1, 3);
    copy(matrix(x), column);
    add(matrix(x), column);
    Tensor<float> all({9, 20});
    copy(stored.view(), matrix(all));
    for (int64_t r = 0; r < 9; ++r)
      for (int64_t c = 0; c < 20; ++c) {
        const float value = r % 3 == 1 ? x(r / 3, c) : 0.0f;
        ASSERT_NEAR(all(r, c), 2 * value, 0.01 * std::abs(value)) << r;
      }
  }
}

}  // namespace
}  // namespace pleat::kernels
