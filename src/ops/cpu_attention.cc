// Attention with pair bias and the conditioned layers around it, on the CPU.
#include <algorithm>
#include <cmath>

#include "kernels/attention.h"
#include "ops/cpu_backend.h"

namespace pleat::ops {
namespace {

// Divides rows [first, first + count) at the ends of periods, and calls f(offset, position, count) for each
// piece: rows first + offset ... are positions position ... of their period.
template <class F>
void for_segments(int64_t first, int64_t count, int64_t period, F&& f) {
  for (int64_t offset = 0; offset < count;) {
    const int64_t position = (first + offset) % period;
    const int64_t length = std::min(count - offset, period - position);
    f(offset, position, length);
    offset += length;
  }
}

// out = gate * LN(x) + shift for rows [first, first + x.rows) of S * L rows; gate_shift [L, 2 C].
void adaptive_norm(ConstMat x, ConstMat gate_shift, int64_t first, Mat out) {
  for_segments(first, x.rows, gate_shift.rows, [&](int64_t offset, int64_t position, int64_t count) {
    const ConstMat rows = gate_shift.rows_at(position, count);
    kernels::adaptive_layer_norm(x.rows_at(offset, count), rows.cols_at(0, x.cols),
                                 rows.cols_at(x.cols, x.cols), out.rows_at(offset, count));
  });
}

// act += zero * (x W) for rows [first, first + x.rows) of S * L rows; zero [L, C].
void add_zeroed(ConstMat x, const Linear& w, ConstMat zero, int64_t first, Mat act, Scratch& scratch) {
  const Mat y = scratch.take(x.rows, w.cols());
  kernels::gemm(x, packed(w), y);
  for_segments(first, x.rows, zero.rows, [&](int64_t offset, int64_t position, int64_t count) {
    kernels::add_product(zero.rows_at(position, count), y.rows_at(offset, count), act.rows_at(offset, count));
  });
}

// o * sigmoid(gate), the gate being the last columns of `projections`.
Mat gated(ConstMat o, ConstMat projections, Scratch& scratch) {
  const Mat x = scratch.take(o.rows, o.cols);
  kernels::copy(o, x);
  kernels::sigmoid_multiply(projections.cols_at(projections.cols - o.cols, o.cols), x);
  return x;
}

}  // namespace

Array CpuBackend::pair_logits(const Array& pair, const LayerNorm& norm, const Linear& w) {
  Array out = temporary(w.cols(), pair.rows());
  workers_.for_blocks(pair.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, pair.cols()), y = scratch.take(count, w.cols());
    apply(norm, stored(pair).rows_at(first, count), x);
    kernels::gemm(x, packed(w), y);
    kernels::transpose(y, matrix(out).cols_at(first, count));
  });
  return out;
}

Array CpuBackend::norm_qkvg(const Array& act, const LayerNorm& norm, const Attention& weights) {
  Array out = temporary(act.rows(), weights.qkvg.cols());
  workers_.for_blocks(act.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, act.cols()), y = matrix(out).rows_at(first, count);
    apply(norm, matrix(act).rows_at(first, count), x);
    kernels::gemm(x, packed(weights.qkvg), y);
    kernels::add_row(values(weights.q_bias), y.cols_at(0, weights.q_bias.cols()));
  });
  return out;
}

Array CpuBackend::attention(const Attention& weights, const Array& qkvg, const Array& logits) {
  const int64_t width = qkvg.cols() / 4, heads = weights.heads, dim = width / heads;
  const auto tokens = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(logits.cols()))));
  PLEAT_ASSERT(tokens * tokens == logits.cols() && logits.rows() == heads && qkvg.rows() % tokens == 0);
  const Arithmetic arithmetic = weights.qkvg.arithmetic();
  const float scale = 1.0f / std::sqrt(static_cast<float>(dim));
  Array out = temporary(qkvg.rows(), width);
  workers_.for_each(qkvg.rows() / tokens * heads, [&](int64_t task, Scratch scratch) {
    const int64_t h = task % heads, first = task / heads * tokens;
    const ConstMat rows = matrix(qkvg).rows_at(first, tokens);
    const ConstMat q = rows.cols_at(h * dim, dim), k = rows.cols_at(width + h * dim, dim);
    const ConstMat v = rows.cols_at(2 * width + h * dim, dim);
    const PackedView keys_t = scratch.take_packed(k.data, dim, tokens, 1, k.stride, arithmetic);
    const PackedView values = scratch.take_packed(v.data, tokens, dim, v.stride, 1, arithmetic);
    kernels::attention(q, keys_t, values, scale, ConstMat(matrix(logits).row(h), tokens, tokens),
                       matrix(out).rows_at(first, tokens).cols_at(h * dim, dim),
                       scratch.take(48, tokens).data);
  });
  return out;
}

void CpuBackend::add_gated_linear(const Array& o, const Array& qkvg, const Linear& w, Array& act) {
  workers_.for_blocks(o.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = gated(matrix(o).rows_at(first, count), matrix(qkvg).rows_at(first, count), scratch);
    kernels::gemm(x, packed(w), matrix(act).rows_at(first, count), true);
  });
}

std::vector<Array> CpuBackend::conditions(const Array& normed, const Array& condition,
                                          std::span<const Condition* const> weights) {
  constexpr int64_t kRows = 96;  // per task of one condition
  std::vector<Array> out;
  for (const Condition* c : weights) out.push_back(temporary(condition.rows(), c->weights.cols()));
  const int64_t rows = condition.rows(), blocks = (rows + kRows - 1) / kRows;
  const auto kinds = static_cast<int64_t>(weights.size());
  workers_.for_each(blocks * kinds, [&](int64_t task, Scratch) {
    const int64_t first = task / kinds * kRows, count = std::min(kRows, rows - first);
    const auto kind = static_cast<size_t>(task % kinds);
    const Condition& c = *weights[kind];
    const Mat y = matrix(out[kind]).rows_at(first, count);
    kernels::gemm(matrix(c.of_norm ? normed : condition).rows_at(first, count), packed(c.weights), y);
    kernels::sigmoid(y.cols_at(0, c.bias.cols()), values(c.bias));
  });
  return out;
}

Array CpuBackend::adaptive_norm_linear(const Array& act, const Array& gate_shift, const Linear& w,
                                       const Array& bias) {
  Array out = temporary(act.rows(), w.cols());
  workers_.for_blocks(act.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, act.cols()), y = matrix(out).rows_at(first, count);
    adaptive_norm(matrix(act).rows_at(first, count), matrix(gate_shift), first, x);
    kernels::gemm(x, packed(w), y);
    if (!bias.empty()) kernels::add_row(values(bias), y.cols_at(0, bias.cols()));
  });
  return out;
}

void CpuBackend::add_adaptive_zero(const Array& o, const Array& projections, const Linear& w,
                                   const Array& zero, Array& act) {
  workers_.for_blocks(act.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = gated(matrix(o).rows_at(first, count), matrix(projections).rows_at(first, count), scratch);
    add_zeroed(x, w, matrix(zero), first, matrix(act).rows_at(first, count), scratch);
  });
}

void CpuBackend::conditioned_transition(const ConditionedTransition& weights, const Array& gate_shift,
                                        const Array& zero, Array& act) {
  const GatedLinear& gated = weights.transition1;
  workers_.for_blocks(act.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat rows = matrix(act).rows_at(first, count);
    const Mat x = scratch.take(count, act.cols()), h = scratch.take(count, gated.gate.cols());
    adaptive_norm(rows, matrix(gate_shift), first, x);
    kernels::gated_gemm(kernels::Activation::swish, x, packed(gated.gate), x, packed(gated.value), h);
    add_zeroed(h, weights.transition2, matrix(zero), first, rows, scratch);
  });
}

}  // namespace pleat::ops
