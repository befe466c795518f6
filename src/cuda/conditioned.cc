// Attention with pair bias and the conditioned layers around it, on the GPU.
#include <cmath>

#include "cuda/attention.h"
#include "cuda/backend.h"
#include "cuda/views.h"

namespace pleat::cuda {
namespace {

// LN(act) * gate + shift.
void adapt(const Array& gate_shift, Left& left) {
  left.before = Before::adaptive_norm;
  left.other = repeated(gate_shift);
  left.other_shift = gate_shift.cols() / 2;
}

}  // namespace

void CudaBackend::attend(AttentionArguments attention, int64_t groups, int64_t heads, Arithmetic arithmetic) {
  require(attention.head_width, kWidestHead, "heads have");
  attention.tiles = (attention.queries + kQueryTile - 1) / kQueryTile;
  attention.scale = 1.0f / std::sqrt(static_cast<float>(attention.head_width));
  launch(attention_kernel(arithmetic, attention.head_width), {groups * attention.tiles, heads, 1}, attention);
}

Array CudaBackend::pair_logits(const Array& pair, const LayerNorm& norm, const Linear& w) {
  Array out = temporary(w.cols(), pair.rows());
  ProductArguments p = product_of(pair, w);
  apply(norm, p.left[0]);
  put(out, p);
  p.after.rows = every(1);
  p.after.cols = every(pair.rows());
  multiply(p, w.arithmetic());
  return out;
}

Array CudaBackend::norm_qkvg(const Array& act, const LayerNorm& norm, const Attention& weights) {
  Array out = temporary(act.rows(), weights.qkvg.cols());
  ProductArguments p = product_of(act, weights.qkvg);
  apply(norm, p.left[0]);
  p.after.bias = floats(weights.q_bias);
  p.after.bias_cols = weights.q_bias.cols();
  put(out, p);
  multiply(p, weights.qkvg.arithmetic());
  return out;
}

Array CudaBackend::attention(const Attention& weights, const Array& qkvg, const Array& logits) {
  const int64_t width = qkvg.cols() / 4, n = tokens_of(logits.cols());
  PLEAT_ASSERT(logits.rows() == weights.heads && qkvg.rows() % n == 0);
  Array out = temporary(qkvg.rows(), width);
  attend(self_attention(qkvg, n, width, weights.heads, logits, out), qkvg.rows() / n, weights.heads,
         weights.qkvg.arithmetic());
  return out;
}

void CudaBackend::add_gated_linear(const Array& o, const Array& qkvg, const Linear& w, Array& act) {
  ProductArguments p = product_of(o, w);
  gate_by(qkvg, 0, o.cols(), p.left[0]);
  put(act, p);
  p.after.accumulate = true;
  multiply(p, w.arithmetic());
}

std::vector<Array> CudaBackend::conditions(const Array& normed, const Array& condition,
                                           std::span<const Condition* const> weights) {
  std::vector<Array> out;
  for (const Condition* c : weights) {
    out.push_back(temporary(condition.rows(), c->weights.cols()));
    ProductArguments p = product_of(c->of_norm ? normed : condition, c->weights);
    p.after.bias = floats(c->bias);
    p.after.bias_cols = c->bias.cols();
    p.after.bias_sigmoid = true;
    put(out.back(), p);
    multiply(p, c->weights.arithmetic());
  }
  return out;
}

Array CudaBackend::adaptive_norm_linear(const Array& act, const Array& gate_shift, const Linear& w,
                                        const Array& bias) {
  Array out = temporary(act.rows(), w.cols());
  ProductArguments p = product_of(act, w);
  adapt(gate_shift, p.left[0]);
  if (!bias.empty()) {
    p.after.bias = floats(bias);
    p.after.bias_cols = bias.cols();
  }
  put(out, p);
  multiply(p, w.arithmetic());
  return out;
}

void CudaBackend::add_adaptive_zero(const Array& o, const Array& projections, const Linear& w,
                                    const Array& zero, Array& act) {
  ProductArguments p = product_of(o, w);
  gate_by(projections, 0, o.cols(), p.left[0]);
  p.after.times = repeated(zero);
  put(act, p);
  p.after.accumulate = true;
  multiply(p, w.arithmetic());
}

// In one piece: activations of tokens and atoms are small compared to the pair, and pieces would have to
// start where the conditions start.
void CudaBackend::conditioned_transition(const ConditionedTransition& weights, const Array& gate_shift,
                                         const Array& zero, Array& act) {
  const Linear& output = weights.transition2;
  const Array hidden = temporary(act.rows(), output.rows(), operand_type(output.arithmetic()));
  ProductArguments inner = gated_product_of(act, 0, act.rows(), weights.transition1, Gate::swish);
  adapt(gate_shift, inner.left[0]);
  put(hidden, inner);
  multiply(inner, weights.transition1.gate.arithmetic());
  ProductArguments outer = product_of(hidden, output);
  outer.after.times = repeated(zero);
  put(act, outer);
  outer.after.accumulate = true;
  multiply(outer, output.arithmetic());
}

}  // namespace pleat::cuda
