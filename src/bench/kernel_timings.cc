#include "bench/kernel_timings.h"

#include <fmt/format.h>

#include <memory>

#include "bench/workloads.h"
#include "kernels/attention.h"
#include "weights/network_sizes.h"

namespace pleat::bench {
namespace {

using kernels::ConstMat;
using kernels::Mat;
using kernels::matrix;
using kernels::PackedMatrix;
using kernels::PackedView;
using ops::Scratch;

constexpr int64_t kRows = 4096;  // of a product with weights

double operations(int64_t m, int64_t k, int64_t n) { return 2.0 * static_cast<double>(m * k * n); }

KernelTiming gemm_timing(const ops::Workers& workers, ops::Arithmetic arithmetic, int64_t k, int64_t n) {
  struct Operands {
    Tensor<float> a;
    PackedMatrix b;
  };
  const Tensor<float> b = random_tensor({k, n});
  const auto x =
      std::make_shared<Operands>(Operands{random_tensor({kRows, k}), PackedMatrix(matrix(b), arithmetic)});
  return {fmt::format("gemm {}x{}x{}", kRows, k, n), arithmetic, operations(kRows, k, n), [&workers, x, n] {
            workers.for_blocks(kRows, [&](int64_t first, int64_t count, Scratch scratch) {
              gemm(matrix(x->a).rows_at(first, count), x->b, scratch.take(count, n));
            });
          }};
}

KernelTiming gated_gemm_timing(const ops::Workers& workers, ops::Arithmetic arithmetic, int64_t k,
                               int64_t n) {
  struct Operands {
    Tensor<float> a;
    PackedMatrix gate, value;
  };
  const Tensor<float> b = random_tensor({k, n});
  const auto x = std::make_shared<Operands>(Operands{
      random_tensor({kRows, k}), PackedMatrix(matrix(b), arithmetic), PackedMatrix(matrix(b), arithmetic)});
  return {fmt::format("gated gemm {}x{}x2x{}", kRows, k, n), arithmetic, 2 * operations(kRows, k, n),
          [&workers, x, n] {
            workers.for_blocks(kRows, [&](int64_t first, int64_t count, Scratch scratch) {
              const ConstMat rows = matrix(x->a).rows_at(first, count);
              gated_gemm(kernels::Activation::swish, rows, x->gate, rows, x->value, scratch.take(count, n));
            });
          }};
}

// The products of all channels (ops/cpu_triangle.cc), with the right factors already packed.
KernelTiming triangle_timing(const ops::Workers& workers, ops::Arithmetic arithmetic, int64_t tokens) {
  const int64_t channels = weights::official_sizes().pair_channels;
  struct Operands {
    Tensor<float> left, product;
    std::vector<PackedMatrix> right;
  };
  const auto x = std::make_shared<Operands>();
  x->left = random_tensor({channels * tokens, tokens});
  x->product = Tensor<float>({channels * tokens, tokens});
  for (int64_t c = 0; c < channels; ++c)
    x->right.emplace_back(matrix(std::as_const(x->left)).rows_at(c * tokens, tokens), arithmetic);
  return {fmt::format("triangle {} of {}x{}x{}", channels, tokens, tokens, tokens), arithmetic,
          static_cast<double>(channels) * operations(tokens, tokens, tokens),
          [&workers, x, tokens, channels] {
            workers.for_each(channels, [&](int64_t c, Scratch) {
              gemm(matrix(x->left).rows_at(c * tokens, tokens), x->right[static_cast<size_t>(c)],
                   matrix(x->product).rows_at(c * tokens, tokens));
            });
          }};
}

// Attention of many heads, including the packing of keys and values.
KernelTiming attention_timing(const ops::Workers& workers, ops::Arithmetic arithmetic, int64_t tokens,
                              int64_t dim) {
  constexpr int64_t kHeads = 64;
  struct Operands {
    Tensor<float> queries, bias, out;
  };
  const auto x = std::make_shared<Operands>(Operands{random_tensor({kHeads * tokens, dim}),
                                                     random_tensor({tokens, tokens}),
                                                     Tensor<float>({kHeads * tokens, dim})});
  return {fmt::format("attention {} of {}x{}x{}", kHeads, tokens, dim, tokens), arithmetic,
          2 * kHeads * operations(tokens, dim, tokens), [&workers, x, arithmetic, tokens, dim] {
            workers.for_each(kHeads, [&](int64_t head, Scratch scratch) {
              const Mat q = matrix(x->queries).rows_at(head * tokens, tokens);
              const PackedView keys_t = scratch.take_packed(q.data, dim, tokens, 1, dim, arithmetic);
              const PackedView values = scratch.take_packed(q.data, tokens, dim, dim, 1, arithmetic);
              constexpr float kScale = 0.2f;
              attention(q, keys_t, values, kScale, matrix(std::as_const(x->bias)),
                        matrix(x->out).rows_at(head * tokens, tokens), scratch.take(48, tokens).data);
            });
          }};
}

}  // namespace

std::vector<KernelTiming> kernel_timings(const ops::Workers& workers, ops::Arithmetic trunk,
                                         ops::Arithmetic diffusion) {
  constexpr int64_t kTokens = 256;
  const weights::NetworkSizes& network = weights::official_sizes();
  const int64_t pair = network.pair_channels, token = network.diffusion.token_channels;
  const weights::LayerSizes &pair_layer = network.trunk.pair, &token_layer = network.diffusion.transformer;
  std::vector<KernelTiming> timings;
  for (const int64_t n : {pair, 2 * pair, 4 * pair_layer.width(), 2 * pair_layer.hidden})
    timings.push_back(gemm_timing(workers, trunk, pair, n));
  for (const auto& [k, n] : {std::pair(token, 4 * token_layer.width()), std::pair(token_layer.width(), token),
                             std::pair(token_layer.hidden, token)})
    timings.push_back(gemm_timing(workers, diffusion, k, n));
  timings.push_back(gated_gemm_timing(workers, trunk, pair, pair_layer.hidden));
  timings.push_back(gated_gemm_timing(workers, diffusion, token, token_layer.hidden));
  timings.push_back(triangle_timing(workers, trunk, kTokens));
  timings.push_back(attention_timing(workers, trunk, kTokens, pair_layer.head_width));
  return timings;
}

}  // namespace pleat::bench
