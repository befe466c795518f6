#include "cli/kernel_timings.h"

#include <fmt/format.h>

#include <memory>

#include "cli/workloads.h"
#include "kernels/attention.h"

namespace pleat::cli {
namespace {

constexpr int64_t kRows = 4096;  // of a product with weights

double operations(int64_t m, int64_t k, int64_t n) { return 2.0 * static_cast<double>(m * k * n); }

KernelTiming gemm_timing(const Context& context, Arithmetic arithmetic, int64_t k, int64_t n) {
  struct Operands {
    Tensor<float> a;
    PackedMatrix b;
  };
  const Tensor<float> b = random_tensor({k, n});
  const auto x =
      std::make_shared<Operands>(Operands{random_tensor({kRows, k}), PackedMatrix(matrix(b), arithmetic)});
  return {fmt::format("gemm {}x{}x{}", kRows, k, n), arithmetic, operations(kRows, k, n), [&context, x, n] {
            context.for_row_blocks(kRows, [&](int64_t first, int64_t count, Scratch scratch) {
              gemm(matrix(x->a).rows_at(first, count), x->b, scratch.take(count, n));
            });
          }};
}

KernelTiming gated_gemm_timing(const Context& context, Arithmetic arithmetic, int64_t k, int64_t n) {
  struct Operands {
    Tensor<float> a;
    PackedMatrix gate, value;
  };
  const Tensor<float> b = random_tensor({k, n});
  const auto x = std::make_shared<Operands>(Operands{
      random_tensor({kRows, k}), PackedMatrix(matrix(b), arithmetic), PackedMatrix(matrix(b), arithmetic)});
  return {fmt::format("gated gemm {}x{}x2x{}", kRows, k, n), arithmetic, 2 * operations(kRows, k, n),
          [&context, x, n] {
            context.for_row_blocks(kRows, [&](int64_t first, int64_t count, Scratch scratch) {
              const ConstMat rows = matrix(x->a).rows_at(first, count);
              gated_gemm(Activation::swish, rows, x->gate, rows, x->value, scratch.take(count, n));
            });
          }};
}

// The products of all channels (TriangleMultiplication::multiply), the right factors packed already.
KernelTiming triangle_timing(const Context& context, int64_t tokens) {
  constexpr int64_t kChannels = 128;
  struct Operands {
    Tensor<float> left, product;
    std::vector<PackedMatrix> right;
  };
  const auto x = std::make_shared<Operands>();
  x->left = random_tensor({kChannels * tokens, tokens});
  x->product = Tensor<float>({kChannels * tokens, tokens});
  for (int64_t c = 0; c < kChannels; ++c)
    x->right.emplace_back(matrix(std::as_const(x->left)).rows_at(c * tokens, tokens), context.arithmetic());
  return {fmt::format("triangle {} of {}x{}x{}", kChannels, tokens, tokens, tokens), context.arithmetic(),
          kChannels * operations(tokens, tokens, tokens), [&context, x, tokens] {
            context.for_each(kChannels, [&](int64_t c, Scratch) {
              gemm(matrix(x->left).rows_at(c * tokens, tokens), x->right[static_cast<size_t>(c)],
                   matrix(x->product).rows_at(c * tokens, tokens));
            });
          }};
}

// Attention of many heads, which takes its keys and values as they come and packs them.
KernelTiming attention_timing(const Context& context, int64_t tokens, int64_t dim) {
  constexpr int64_t kHeads = 64;
  struct Operands {
    Tensor<float> queries, bias, out;
  };
  const auto x = std::make_shared<Operands>(Operands{random_tensor({kHeads * tokens, dim}),
                                                     random_tensor({tokens, tokens}),
                                                     Tensor<float>({kHeads * tokens, dim})});
  return {fmt::format("attention {} of {}x{}x{}", kHeads, tokens, dim, tokens), context.arithmetic(),
          2 * kHeads * operations(tokens, dim, tokens), [&context, x, tokens, dim] {
            context.for_each(kHeads, [&](int64_t head, Scratch scratch) {
              const Mat q = matrix(x->queries).rows_at(head * tokens, tokens);
              const PackedView keys_t = scratch.take_packed(q.data, dim, tokens, 1, dim);
              const PackedView values = scratch.take_packed(q.data, tokens, dim, dim, 1);
              constexpr float kScale = 0.2f;
              attention(q, keys_t, values, kScale, matrix(std::as_const(x->bias)),
                        matrix(x->out).rows_at(head * tokens, tokens), scratch.take(48, tokens).data);
            });
          }};
}

}  // namespace

std::vector<KernelTiming> kernel_timings(const Context& context, Arithmetic trunk, Arithmetic diffusion) {
  constexpr int64_t kPair = 128, kToken = 768, kTokens = 256, kHeadDim = 32;
  std::vector<KernelTiming> timings;
  for (const int64_t n : {128, 256, 512, 1024}) timings.push_back(gemm_timing(context, trunk, kPair, n));
  for (const auto& [k, n] : {std::pair<int64_t, int64_t>{768, 3072}, {768, 768}, {1536, 768}})
    timings.push_back(gemm_timing(context, diffusion, k, n));
  timings.push_back(gated_gemm_timing(context, trunk, kPair, 4 * kPair));
  timings.push_back(gated_gemm_timing(context, diffusion, kToken, 2 * kToken));
  timings.push_back(triangle_timing(context, kTokens));
  timings.push_back(attention_timing(context, kTokens, kHeadDim));
  return timings;
}

}  // namespace pleat::cli
