#include "model/diffusion_transformer.h"

#include <array>

namespace pleat::model {

using ops::Array;
using ops::Condition;
using ops::Variance;

namespace {

// Multiplies the scale of a layer norm into the weights after it: (LN(x) * scale) W = LN(x) (diag(scale) W).
Tensor<float> scaled_rows(Tensor<float> weights, const Tensor<float>& scale) {
  for (int64_t r = 0; r < weights.dim(0); ++r)
    for (int64_t c = 0; c < weights.dim(1); ++c) weights(r, c) *= scale[r];
  return weights;
}

// A layer norm without parameters.
ops::LayerNorm plain_norm() { return {{}, {}, Variance::slow}; }

}  // namespace

// --- Weights

Condition adaptive_layer_norm(const ParameterReader& reader) {
  const Tensor<float> scale_shift =
      side_by_side({reader.weights("single_cond_scale"), reader.weights("single_cond_bias")});
  return {reader.packed(scaled_rows(scale_shift, reader.values("single_cond_layer_norm:scale"))),
          reader.row("single_cond_scale:bias"), true};
}

Condition adaptive_zero_init(const ParameterReader& reader) {
  return {reader.linear("adaptive_zero_cond"), reader.row("adaptive_zero_cond:bias"), false};
}

ops::Transition unconditioned_transition(const ParameterReader& reader) {
  return {reader.layer_norm("ffw_layer_norm", Variance::slow), reader.gated("ffw_transition1"),
          reader.linear("ffw_transition2")};
}

// --- Token transformer

TransformerBlock::TransformerBlock(const ParameterReader& reader)
    : norm_(adaptive_layer_norm(reader)),
      zero_(adaptive_zero_init(reader)),
      ffw_norm_(adaptive_layer_norm(reader.prefixed("ffw_"))),
      ffw_zero_(adaptive_zero_init(reader.prefixed("ffw_"))),
      attention_(reader.attention()),
      transition2_(reader.linear("transition2")),
      ffw_{reader.gated("ffw_transition1"), reader.linear("ffw_transition2")} {}

void TransformerBlock::operator()(ops::Backend& ops, const Array& normed, const Array& s, const Array& logits,
                                  Array& act) const {
  const std::array kinds{&norm_, &zero_, &ffw_norm_, &ffw_zero_};
  const std::vector<Array> c = ops.conditions(normed, s, kinds);
  const Array &norm = c[0], &zero = c[1], &ffw_norm = c[2], &ffw_zero = c[3];
  {
    const Array qkvg = ops.adaptive_norm_linear(act, norm, attention_.qkvg, attention_.q_bias);
    const Array o = ops.attention(attention_, qkvg, logits);
    ops.add_adaptive_zero(o, qkvg, transition2_, zero, act);
  }
  ops.conditioned_transition(ffw_, ffw_norm, ffw_zero, act);
}

Transformer::Transformer(const ParameterReader& head)
    : pair_input_layer_norm_(head.in("transformer").layer_norm("pair_input_layer_norm", Variance::slow)) {
  const ParameterReader super = head.in("transformer").in("__layer_stack_with_per_layer");
  const int super_blocks = super.layers("pair_logits_projection:weights");
  for (int b = 0; b < super_blocks; ++b) {
    const ParameterReader inner = super.in("__layer_stack_with_per_layer").layer(b).prefixed("transformer");
    const int blocks = inner.layers("q_projection:bias");
    const Tensor<float> projection = super.layer(b).weights("pair_logits_projection");  // [C, blocks * heads]
    const int64_t heads = projection.dim(1) / blocks;
    for (int i = 0; i < blocks; ++i) {
      pair_logits_projection_.push_back(super.packed(columns(projection, i * heads, heads)));
      blocks_.emplace_back(inner.layer(i));
    }
  }
}

Array Transformer::block_logits(ops::Backend& ops, const Array& pair, size_t block) const {
  return ops.pair_logits(pair, pair_input_layer_norm_, pair_logits_projection_[block]);
}

Transformer::PairLogits Transformer::pair_logits(ops::Backend& ops, Array pair, bool keep) const {
  if (!keep) return {{}, std::move(pair)};
  PairLogits logits;
  for (size_t b = 0; b < blocks_.size(); ++b) logits.blocks.push_back(block_logits(ops, pair, b));
  return logits;
}

void Transformer::operator()(ops::Backend& ops, const Array& s, const PairLogits& logits, Array& act) const {
  const Array normed = ops.norm(s, plain_norm());
  for (size_t b = 0; b < blocks_.size(); ++b) {
    if (logits.blocks.empty())
      blocks_[b](ops, normed, s, block_logits(ops, logits.pair, b), act);
    else
      blocks_[b](ops, normed, s, logits.blocks[b], act);
  }
}

// --- Atom transformer

CrossAttTransformer::Block::Block(const ParameterReader& reader)
    : q_norm(adaptive_layer_norm(reader.prefixed("q"))),
      k_norm(adaptive_layer_norm(reader.prefixed("k"))),
      zero(adaptive_zero_init(reader)),
      ffw_norm(adaptive_layer_norm(reader.prefixed("ffw_"))),
      ffw_zero(adaptive_zero_init(reader.prefixed("ffw_"))),
      q_gate(reader.joined({"q_projection", "gating_query"})),
      kv(reader.joined({"k_projection", "v_projection"})),
      transition2(reader.linear("transition2")),
      q_bias(reader.row("q_projection:bias")),
      ffw{reader.gated("ffw_transition1"), reader.linear("ffw_transition2")} {}

void CrossAttTransformer::Block::operator()(ops::Backend& ops, const ops::AtomWindows& windows, int64_t heads,
                                            const std::vector<Array>& c, const Array& logits,
                                            Array& act) const {
  {
    const Array q = ops.adaptive_norm_linear(act, c[0], q_gate, q_bias);
    const Array keys_values = ops.adaptive_norm_linear(act, c[1], kv, no_bias);
    const Array o = ops.window_attention(windows, heads, q, keys_values, logits, q_gate.arithmetic());
    ops.add_adaptive_zero(o, q, transition2, c[2], act);
  }
  ops.conditioned_transition(ffw, c[3], c[4], act);
}

CrossAttTransformer::CrossAttTransformer(const ParameterReader& reader, const std::string& name)
    : pair_logits_{reader.in(name).layer_norm("pair_input_layer_norm", Variance::slow),
                   reader.in(name).linear("pair_logits_projection")} {
  const ParameterReader stack = reader.in(name).in("__layer_stack_with_per_layer").prefixed(name);
  const int blocks = stack.layers("q_projection:bias");
  for (int b = 0; b < blocks; ++b) blocks_.emplace_back(stack.layer(b));
  pair_logits_.heads = pair_logits_.pair_logits_projection.cols() / blocks;
}

std::vector<std::vector<Array>> CrossAttTransformer::conditions(ops::Backend& ops, const Array& cond) const {
  const Array normed = ops.norm(cond, plain_norm());
  std::vector<std::vector<Array>> out;
  for (const Block& block : blocks_) {
    const std::array kinds{&block.q_norm, &block.k_norm, &block.zero, &block.ffw_norm, &block.ffw_zero};
    out.push_back(ops.conditions(normed, cond, kinds));
  }
  return out;
}

void CrossAttTransformer::operator()(ops::Backend& ops, const ops::AtomWindows& windows,
                                     const Conditioning& conditioning, Array& act) const {
  for (size_t b = 0; b < blocks_.size(); ++b)
    blocks_[b](ops, windows, pair_logits_.heads, conditioning.conditions[b], conditioning.logits[b], act);
}

}  // namespace pleat::model
