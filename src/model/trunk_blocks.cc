#include "model/trunk_blocks.h"

namespace pleat::model {

using ops::Variance;

// --- Weights

ops::Transition transition(const ParameterReader& reader) {
  return {reader.layer_norm("input_layer_norm", Variance::fast), reader.gated("transition1"),
          reader.linear("transition2")};
}

ops::TriangleMultiplication triangle_multiplication(const ParameterReader& reader) {
  // Channels of a and b alternate in the stored projections.
  const Tensor<float> projection = reader.weights("projection"), gate = reader.weights("gate");
  const int64_t channels = projection.dim(1) / 2;
  const auto factor = [&](int64_t first) {
    return ops::GatedLinear{reader.packed(columns(gate, first, channels, 2)),
                            reader.packed(columns(projection, first, channels, 2))};
  };
  return {reader.layer_norm("left_norm_input", Variance::fast),
          reader.layer_norm("center_norm", Variance::fast),
          factor(0),
          factor(1),
          reader.linear("gating_linear"),
          reader.linear("output_projection")};
}

ops::GridSelfAttention grid_self_attention(const ParameterReader& reader) {
  // Stored [heads, head width, in], and [out, in] for the gate; v_projection is [in, heads, head width].
  return {reader.layer_norm("act_norm", Variance::fast),
          reader.linear("pair_bias_projection"),
          reader.packed(
              side_by_side({reader.transposed_weights("q_projection"),
                            reader.transposed_weights("k_projection"), reader.weights("v_projection")})),
          reader.packed(reader.transposed_weights("gating_query")),
          reader.linear("output_projection"),
          reader.values("q_projection:weights").dim(0)};
}

ops::OuterProductMean outer_product_mean(const ParameterReader& reader) {
  Tensor<float> w = reader.values(":output_w");
  w.reshape({w.dim(0) * w.dim(1), w.dim(2)});
  return {reader.layer_norm("layer_norm_input", Variance::fast),
          reader.joined({"left_projection", "right_projection"}), reader.packed(w), reader.row(":output_b")};
}

ops::MsaAttention msa_attention(const ParameterReader& reader) {
  return {reader.layer_norm("act_norm", Variance::fast),
          reader.layer_norm("pair_norm", Variance::fast),
          reader.linear("pair_logits"),
          reader.linear("v_projection"),
          reader.linear("gating_query"),
          reader.linear("output_projection"),
          reader.values("v_projection:weights").dim(1)};
}

// --- Blocks

PairLayers::PairLayers(const ParameterReader& reader)
    : outgoing_(triangle_multiplication(reader.in("triangle_multiplication_outgoing"))),
      incoming_(triangle_multiplication(reader.in("triangle_multiplication_incoming"))),
      attention1_(grid_self_attention(reader.in("pair_attention1"))),
      attention2_(grid_self_attention(reader.in("pair_attention2"))),
      transition_(transition(reader.in("pair_transition"))) {}

void PairLayers::operator()(ops::Backend& ops, ops::Array& pair) const {
  ops.triangle_multiplication(outgoing_, ops::Triangle::outgoing, pair);
  ops.triangle_multiplication(incoming_, ops::Triangle::incoming, pair);
  ops.grid_self_attention(attention1_, ops::Axis::rows, pair);
  ops.grid_self_attention(attention2_, ops::Axis::columns, pair);
  ops.transition(transition_, pair);
}

EvoformerIteration::EvoformerIteration(const ParameterReader& reader)
    : outer_product_mean_(outer_product_mean(reader.in("outer_product_mean"))),
      msa_attention_(msa_attention(reader.in("msa_attention1"))),
      msa_transition_(transition(reader.in("msa_transition"))),
      pair_layers_(reader) {}

void EvoformerIteration::operator()(ops::Backend& ops, ops::Array& msa, ops::Array& pair) const {
  ops.outer_product_mean(outer_product_mean_, msa, pair);
  ops.msa_attention(msa_attention_, pair, msa);
  ops.transition(msa_transition_, msa);
  pair_layers_(ops, pair);
}

PairFormerIteration::PairFormerIteration(const ParameterReader& reader)
    : pair_layers_(reader),
      single_pair_logits_norm_(reader.layer_norm("single_pair_logits_norm", Variance::fast)),
      single_attention_layer_norm_(reader.layer_norm("single_attention_layer_norm", Variance::slow)),
      single_pair_logits_projection_(reader.linear("single_pair_logits_projection")),
      transition2_(reader.linear("single_attention_transition2")),
      single_attention_(reader.attention("single_attention_")),
      single_transition_(transition(reader.in("single_transition"))) {}

// single += (sigmoid(gate) * softmax(q k / sqrt(D) + bias(pair)) v) W.
void PairFormerIteration::single_attention(ops::Backend& ops, const ops::Array& pair,
                                           ops::Array& single) const {
  const ops::Array bias = ops.pair_logits(pair, single_pair_logits_norm_, single_pair_logits_projection_);
  const ops::Array qkvg = ops.norm_qkvg(single, single_attention_layer_norm_, single_attention_);
  const ops::Array o = ops.attention(single_attention_, qkvg, bias);
  ops.add_gated_linear(o, qkvg, transition2_, single);
}

void PairFormerIteration::operator()(ops::Backend& ops, ops::Array& pair, ops::Array& single) const {
  pair_layers_(ops, pair);
  single_attention(ops, pair, single);
  ops.transition(single_transition_, single);
}

}  // namespace pleat::model
