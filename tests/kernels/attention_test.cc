#include "kernels/attention.h"

#include <cmath>
#include <vector>

#include "tests/kernels/reference.h"

namespace pleat::kernels {
namespace {

using test::operand;
using test::random_matrix;

class Attention : public test::OnEveryIsa {};
PLEAT_ON_EVERY_ISA(Attention);

TEST_P(Attention, EqualsThePlainFormula) {
  struct Case {
    int64_t queries, keys, dim;
    bool bias;
  };
  for (Arithmetic arithmetic : test::kEveryArithmetic)
    for (const Case& c : {Case{1, 1, 1, true},
                          {1, 5, 16, false},
                          {76, 76, 48, true},
                          {32, 128, 32, true},
                          {50, 201, 24, true}}) {
      const auto q = random_matrix(c.queries, c.dim, 1), k = random_matrix(c.keys, c.dim, 2),
                 v = random_matrix(c.keys, c.dim, 3);
      const auto bias = random_matrix(c.queries, c.keys, 4);
      const float scale = 1.0f / std::sqrt(static_cast<float>(c.dim));
      Tensor<float> out({c.queries, c.dim}), logits({std::min<int64_t>(48, c.queries), c.keys});
      attention(matrix(q), PackedMatrix(k.data(), c.dim, c.keys, 1, c.dim, arithmetic),
                PackedMatrix(matrix(v), arithmetic), scale, c.bias ? matrix(bias) : ConstMat(), matrix(out),
                logits.data());
      const Packing logit_packing = packing_of(c.dim, c.keys, arithmetic),
                    value_packing = packing_of(c.keys, c.dim, arithmetic);
      for (int64_t i = 0; i < c.queries; ++i) {
        std::vector<double> weight(static_cast<size_t>(c.keys));
        double sum = 0;
        for (int64_t j = 0; j < c.keys; ++j) {
          double logit = c.bias ? bias(i, j) : 0.0;
          for (int64_t d = 0; d < c.dim; ++d)
            logit += static_cast<double>(scale) * operand(q(i, d), logit_packing) *
                     operand(k(j, d), logit_packing);
          sum += weight[static_cast<size_t>(j)] = std::exp(logit);
        }
        for (int64_t d = 0; d < c.dim; ++d) {
          double exact = 0, size = 0;
          for (int64_t j = 0; j < c.keys; ++j) {
            const double term = weight[static_cast<size_t>(j)] / sum * operand(v(j, d), value_packing);
            exact += term;
            size += std::abs(term);
          }
          // Weights are operands too. Two parts miss a little of the logits and of the weights.
          const double missed = arithmetic == Arithmetic::bfloat16 ? std::ldexp(1.0, -9)
                                : arithmetic == Arithmetic::split  ? 1e-4
                                                                   : 0.0;
          ASSERT_NEAR(out(i, d), exact, 1e-5 + missed * size) << c.queries << " " << c.keys << " " << c.dim;
        }
      }
    }
}

}  // namespace
}  // namespace pleat::kernels
