// Grid attention, outer product mean and MSA attention on the CPU.
#include <algorithm>
#include <cmath>

#include "kernels/attention.h"
#include "ops/cpu_backend.h"

namespace pleat::ops {
namespace {

// One row (or column) of the pair: queries and keys are its tokens. bias [H, N * N].
void attend_along(const GridSelfAttention& weights, ConstMat bias, StoredMat rows, Scratch& scratch) {
  const int64_t n = rows.rows, width = weights.qkv.cols() / 3, dim = width / weights.heads;
  const Mat x = scratch.take(n, rows.cols), qkv = scratch.take(n, 3 * width);
  const Mat gate = scratch.take(n, width), o = scratch.take(n, width);
  float* logits = scratch.take(48, n).data;
  apply(weights.act_norm, rows, x);
  kernels::gemm(x, packed(weights.qkv), qkv);
  kernels::gemm(x, packed(weights.gating_query), gate);
  const Arithmetic arithmetic = weights.qkv.arithmetic();
  const float scale = 1.0f / std::sqrt(static_cast<float>(dim));
  for (int64_t h = 0; h < weights.heads; ++h) {
    const Mat q = qkv.cols_at(h * dim, dim), k = qkv.cols_at(width + h * dim, dim);
    const Mat v = qkv.cols_at(2 * width + h * dim, dim);
    const PackedView keys_t = scratch.take_packed(k.data, dim, n, 1, k.stride, arithmetic);
    const PackedView values = scratch.take_packed(v.data, n, dim, v.stride, 1, arithmetic);
    kernels::attention(q, keys_t, values, scale, ConstMat(bias.row(h), n, n), o.cols_at(h * dim, dim),
                       logits);
  }
  kernels::sigmoid_multiply(gate, o);
  add_product(o, packed(weights.output_projection), rows, scratch);
}

}  // namespace

void CpuBackend::grid_self_attention(const GridSelfAttention& weights, Axis axis, Array& pair) {
  const Array bias = pair_logits(pair, weights.act_norm, weights.pair_bias_projection);
  const int64_t tokens = tokens_of(pair);
  workers_.for_each(tokens, [&](int64_t r, Scratch scratch) {
    const StoredMat rows = stored(pair);
    attend_along(weights, matrix(bias),
                 axis == Axis::columns ? rows.every(tokens, r, tokens) : rows.rows_at(r * tokens, tokens),
                 scratch);
  });
}

void CpuBackend::outer_product_mean(const OuterProductMean& weights, const Array& msa, Array& pair) {
  Scope scope(stack_);
  const int64_t tokens = tokens_of(pair), depth = msa.rows() / tokens;
  const int64_t outer_channels = weights.left_right.cols() / 2, width = tokens * outer_channels;
  const Mat left = scope.take(depth, width), right = scope.take(depth, width),
            left_t = scope.take(width, depth);
  workers_.for_blocks(msa.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, msa.cols()), lr = scratch.take(count, 2 * outer_channels);
    apply(weights.layer_norm_input, matrix(msa).rows_at(first, count), x);
    kernels::gemm(x, packed(weights.left_right), lr);
    kernels::copy(lr.cols_at(0, outer_channels),
                  Mat(left.data + first * outer_channels, count, outer_channels));
    kernels::copy(lr.cols_at(outer_channels, outer_channels),
                  Mat(right.data + first * outer_channels, count, outer_channels));
  });
  workers_.for_blocks(width, [&](int64_t first, int64_t count, Scratch) {
    kernels::transpose(left.cols_at(first, count), left_t.rows_at(first, count));
  });
  const PackedView packed_right = scope.pack(workers_, right, weights.left_right.arithmetic());
  const float mean = 1.0f / (1e-3f + static_cast<float>(depth));
  workers_.for_each(tokens, [&](int64_t i, Scratch scratch) {
    const Mat outer = scratch.take(outer_channels, width),
              by_token = scratch.take(tokens, outer_channels * outer_channels);
    kernels::gemm(left_t.rows_at(i * outer_channels, outer_channels), packed_right, outer);
    for (int64_t c = 0; c < outer_channels; ++c)
      kernels::copy(Mat(outer.row(c), tokens, outer_channels),
                    by_token.cols_at(c * outer_channels, outer_channels));
    const Mat y = scratch.take(tokens, pair.cols());
    kernels::gemm(by_token, packed(weights.output_w), y);
    kernels::add_row(values(weights.output_b), y);
    kernels::multiply(mean, y);
    kernels::add(y, stored(pair).rows_at(i * tokens, tokens));
  });
}

namespace {

// Some rows of the MSA, which share one product per head. weights [H, N * N]: softmax over the keys.
void attend_msa(const MsaAttention& parts, ConstMat weights, int64_t tokens, Mat rows, Scratch& scratch) {
  const int64_t count = rows.rows / tokens, width = parts.v_projection.cols(), dim = width / parts.heads;
  const Mat x = scratch.take(rows.rows, rows.cols), v = scratch.take(rows.rows, width);
  const Mat o = scratch.take(rows.rows, width), gate = scratch.take(rows.rows, width);
  const Mat vh = scratch.take(tokens, count * dim), oh = scratch.take(tokens, count * dim);
  apply(parts.act_norm, rows, x);
  kernels::gemm(x, packed(parts.v_projection), v);
  for (int64_t h = 0; h < parts.heads; ++h) {
    const auto row_of = [&](Mat m, int64_t s) { return m.rows_at(s * tokens, tokens).cols_at(h * dim, dim); };
    for (int64_t s = 0; s < count; ++s) kernels::copy(row_of(v, s), vh.cols_at(s * dim, dim));
    kernels::gemm(
        ConstMat(weights.row(h), tokens, tokens),
        scratch.take_packed(vh.data, tokens, vh.cols, vh.stride, 1, parts.v_projection.arithmetic()), oh);
    for (int64_t s = 0; s < count; ++s) kernels::copy(oh.cols_at(s * dim, dim), row_of(o, s));
  }
  kernels::gemm(x, packed(parts.gating_query), gate);
  kernels::sigmoid_multiply(gate, o);
  kernels::gemm(o, packed(parts.output_projection), rows, true);
}

}  // namespace

void CpuBackend::msa_attention(const MsaAttention& weights, const Array& pair, Array& msa) {
  const int64_t tokens = tokens_of(pair), heads = weights.heads;
  Array logits = pair_logits(pair, weights.pair_norm, weights.pair_logits);
  workers_.for_blocks(heads * tokens, [&](int64_t first, int64_t count, Scratch) {
    kernels::softmax(Mat(matrix(logits).data, heads * tokens, tokens).rows_at(first, count));
  });
  const int64_t depth = msa.rows() / tokens;
  workers_.for_each((depth + kMsaRows - 1) / kMsaRows, [&](int64_t task, Scratch scratch) {
    const int64_t first = task * kMsaRows, count = std::min(kMsaRows, depth - first);
    attend_msa(weights, matrix(logits), tokens, matrix(msa).rows_at(first * tokens, count * tokens), scratch);
  });
}

}  // namespace pleat::ops
