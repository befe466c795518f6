// The CPU's operations against their formulas, and that neither threads nor the pair's type show where they
// should not. Whole layers are held against the reference's outputs in tests/model.
#include "ops/cpu_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/kernels/reference.h"

namespace pleat::ops {
namespace {

using kernels::test::random_matrix;

// A backend with its threads.
struct Machine {
  explicit Machine(int threads) : pool(threads), ops(pool) {}
  ThreadPool pool;
  CpuBackend ops;

  Tensor<float> values(const Array& a) {
    Tensor<float> out({a.rows(), a.cols()});
    ops.download(a, out);
    return out;
  }
  Array array(int64_t rows, int64_t cols, unsigned seed) {
    return ops.upload(random_matrix(rows, cols, seed));
  }
  Linear linear(int64_t rows, int64_t cols, unsigned seed, Arithmetic arithmetic = Arithmetic::float32) {
    return ops.pack(random_matrix(rows, cols, seed, 1 / std::sqrt(static_cast<float>(rows))), arithmetic);
  }
  LayerNorm norm(int64_t cols, unsigned seed) { return {array(1, cols, seed), array(1, cols, seed + 1)}; }
};

void expect_near(const Tensor<float>& a, const Tensor<float>& b, float tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (int64_t k = 0; k < a.size(); ++k) ASSERT_NEAR(a[k], b[k], tolerance) << k;
}

TEST(CpuBackend, EmbedMsaMakesTheFeatures) {
  Machine machine(2);
  Tensor<float> identity({34, 34});
  for (int64_t k = 0; k < 34; ++k) identity(k, k) = 1;
  const Tensor<int32_t> letters({2, 2}, std::array{21, 3, 40, 0});  // 40 is no class
  const Array out =
      machine.ops.embed_msa(machine.ops.upload(letters), machine.ops.pack(identity, Arithmetic::float32),
                            machine.ops.upload(Tensor<float>({1, 34})));
  const Tensor<float> features = machine.values(out);
  for (int64_t k = 0; k < 32; ++k) {
    EXPECT_EQ(features(0, k), k == 21 ? 1.0f : 0.0f);
    EXPECT_EQ(features(1, k), 0.0f);
  }
  EXPECT_EQ(features(0, 32), 1.0f);
  EXPECT_NEAR(features(0, 33), 0.5f, 1e-6);
}

TEST(CpuBackend, BondsThatAreNamedTwiceCountOnce) {
  Machine machine(2);
  PairEmbedding weights;
  weights.prev_embedding_layer_norm = machine.norm(4, 1);
  weights.prev_embedding = machine.ops.pack(Tensor<float>({4, 4}), Arithmetic::float32);
  weights.position_activations = machine.ops.upload(Tensor<float>({139, 4}));
  weights.bond_embedding = machine.array(1, 4, 3);
  const Array tokens = machine.ops.upload(Tensor<int32_t>({3, 5}));
  const Array left_right = machine.ops.upload(Tensor<float>({3, 8}));
  const Array bonds = machine.ops.upload(Tensor<int32_t>({3, 2}, std::array{0, 2, 0, 2, 1, 0}));
  Array pair = machine.ops.make(9, 4, Type::float32);
  machine.ops.embed_pair(weights, tokens, left_right, bonds, pair);
  const Tensor<float> out = machine.values(pair), bond = machine.values(weights.bond_embedding);
  for (int64_t ij = 0; ij < 9; ++ij)
    for (int64_t c = 0; c < 4; ++c) EXPECT_EQ(out(ij, c), ij == 2 || ij == 3 ? bond[c] : 0.0f) << ij;
}

TEST(CpuBackend, AugmentCentresTurnsAndMoves) {
  Machine machine(1);
  Array x =
      machine.ops.upload(Tensor<float>({3, 3}, std::array{10.f, 0.f, 0.f, 13.f, 4.f, 0.f, 10.f, 0.f, 12.f}));
  // x to y, y to -x, then t.
  const Tensor<float> transform({1, 12},
                                std::array{0.f, 1.f, 0.f, -1.f, 0.f, 0.f, 0.f, 0.f, 1.f, 5.f, 6.f, 7.f});
  Tensor<float> noise({3, 3});
  noise[0] = 1;
  Tensor<float> numbers({1, kStepNumbers});
  numbers[kNoiseScale] = 0.5f;
  machine.ops.augment(machine.ops.upload(transform), machine.ops.upload(noise), machine.ops.upload(numbers),
                      x);
  const Tensor<float> out = machine.values(x);
  const float centre[] = {11, 4.0f / 3, 4};
  const float start[][3] = {{10, 0, 0}, {13, 4, 0}, {10, 0, 12}};
  for (int64_t a = 0; a < 3; ++a) {
    EXPECT_NEAR(out(a, 0), -(start[a][1] - centre[1]) + 5 + (a == 0 ? 0.5f : 0.0f), 1e-5);
    EXPECT_NEAR(out(a, 1), start[a][0] - centre[0] + 6, 1e-5);
    EXPECT_NEAR(out(a, 2), start[a][2] - centre[2] + 7, 1e-5);
  }
}

TEST(CpuBackend, ExpectationsOfEachGroupUnderEachRowOfValues) {
  Machine machine(2);
  const Array x = machine.array(5, 8, 1), values = machine.array(2, 3, 2);
  const LayerNorm norm = machine.norm(8, 3);
  const Linear w = machine.linear(8, 12, 5);  // four groups of three bins
  const Tensor<float> logits = machine.values(machine.ops.norm_linear(x, norm, w)),
                      v = machine.values(values);
  const Tensor<float> out = machine.values(machine.ops.expectations(x, norm, w, values));
  for (int64_t k = 0; k < 2; ++k)
    for (int64_t r = 0; r < 5; ++r)
      for (int64_t g = 0; g < 4; ++g) {
        double sum = 0, weighted = 0;
        for (int64_t b = 0; b < 3; ++b) {
          const double e = std::exp(static_cast<double>(logits(r, 3 * g + b)));
          sum += e;
          weighted += e * v(k, b);
        }
        ASSERT_NEAR(out(k * 5 + r, g), weighted / sum, 1e-5);
      }
}

TEST(CpuBackend, AttentionIsOfEachGroupAlone) {
  Machine machine(2);
  constexpr int64_t kTokens = 7, kHeads = 2, kWidth = 16;
  Attention weights;
  weights.qkvg = machine.linear(4, 4 * kWidth, 1);
  weights.heads = kHeads;
  const Tensor<float> qkvg = random_matrix(3 * kTokens, 4 * kWidth, 2);
  const Array logits = machine.array(kHeads, kTokens * kTokens, 3);
  const Tensor<float> together =
      machine.values(machine.ops.attention(weights, machine.ops.upload(qkvg), logits));
  const Tensor<float> bias = machine.values(logits);
  for (int64_t row = 0; row < 3 * kTokens; ++row)
    for (int64_t h = 0; h < kHeads; ++h) {
      const int64_t first = row / kTokens * kTokens, i = row % kTokens, dim = kWidth / kHeads;
      double sum = 0;
      std::vector<double> out(static_cast<size_t>(dim));
      for (int64_t j = 0; j < kTokens; ++j) {
        double logit = bias(h, i * kTokens + j);
        for (int64_t d = 0; d < dim; ++d)
          logit += qkvg(row, h * dim + d) * qkvg(first + j, kWidth + h * dim + d) / std::sqrt(double(dim));
        const double e = std::exp(logit);
        sum += e;
        for (int64_t d = 0; d < dim; ++d)
          out[static_cast<size_t>(d)] += e * qkvg(first + j, 2 * kWidth + h * dim + d);
      }
      for (int64_t d = 0; d < dim; ++d)
        ASSERT_NEAR(together(row, h * dim + d), out[static_cast<size_t>(d)] / sum, 1e-4);
    }
}

// The pair operations on one and three threads, in both types: the same bits from any number of threads, and
// bfloat16 within its rounding of float32.
class PairOperations : public testing::TestWithParam<Type> {
 protected:
  static constexpr int64_t kTokens = 33, kChannels = 32;

  // The pair after `apply(ops, machine, pair)`.
  template <class Apply>
  Tensor<float> after(int threads, Type type, const Apply& apply) {
    Machine machine(threads);
    Array pair = machine.ops.make(kTokens * kTokens, kChannels, type);
    machine.ops.copy(machine.array(kTokens * kTokens, kChannels, 7), pair);
    apply(machine, pair);
    return machine.values(pair);
  }
  template <class Apply>
  void check(const Apply& apply) {
    const Tensor<float> one = after(1, GetParam(), apply), three = after(3, GetParam(), apply);
    for (int64_t k = 0; k < one.size(); ++k) ASSERT_EQ(one[k], three[k]) << k;
    const Tensor<float> exact = after(1, Type::float32, apply);
    expect_near(one, exact, GetParam() == Type::float32 ? 0.0f : 0.1f);
  }
};
INSTANTIATE_TEST_SUITE_P(, PairOperations, testing::Values(Type::float32, Type::bfloat16),
                         [](const auto& info) {
                           return info.param == Type::float32 ? std::string("float32")
                                                              : std::string("bfloat16");
                         });

TEST_P(PairOperations, Transition) {
  check([](Machine& m, Array& pair) {
    const Transition weights{m.norm(kChannels, 1),
                             {m.linear(kChannels, 64, 3), m.linear(kChannels, 64, 4)},
                             m.linear(64, kChannels, 5)};
    m.ops.transition(weights, pair);
  });
}

TEST_P(PairOperations, TriangleMultiplication) {
  for (const Triangle edges : {Triangle::outgoing, Triangle::incoming})
    check([edges](Machine& m, Array& pair) {
      constexpr int64_t c = kChannels;
      const TriangleMultiplication weights{m.norm(c, 1),
                                           m.norm(c, 3),
                                           {m.linear(c, c, 5), m.linear(c, c, 6)},
                                           {m.linear(c, c, 7), m.linear(c, c, 8)},
                                           m.linear(c, c, 9),
                                           m.linear(c, c, 10)};
      m.ops.triangle_multiplication(weights, edges, pair);
    });
}

// Along the columns is along the rows of the transposed pair, but for the bias, which is not transposed.
TEST_P(PairOperations, GridSelfAttention) {
  for (const Axis axis : {Axis::rows, Axis::columns})
    check([axis](Machine& m, Array& pair) {
      constexpr int64_t c = kChannels;
      const GridSelfAttention weights{m.norm(c, 1),      m.linear(c, 4, 3), m.linear(c, 3 * c, 4),
                                      m.linear(c, c, 5), m.linear(c, c, 6), 4};
      m.ops.grid_self_attention(weights, axis, pair);
    });
}

}  // namespace
}  // namespace pleat::ops
