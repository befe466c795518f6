// The layers of the trunk. One class per module of the reference (model/network/modules.py), under its name;
// each holds its weights and updates an activation in place: act += layer(act).
//
// There is no padding, so every mask of the reference is one and is left out. pair is [N * N, C], row i * N +
// j, in either storage. Other activations are float32; the arithmetic of products is the packed weights' and
// the context's.
#pragma once

#include "kernels/context.h"
#include "model/parameter_reader.h"

namespace pleat {

// y = transition2(swish(a) * b), (a, b) = transition1(LN(x)). Algorithm 11.
class TransitionBlock {
 public:
  explicit TransitionBlock(const ParameterReader& reader);
  // act [rows, C] += y.
  void operator()(const Context& context, StoredMat act) const;

 private:
  LayerNorm input_layer_norm_;
  GatedWeights transition1_;
  PackedMatrix transition2_;
};

enum class Triangle { outgoing, incoming };

// Algorithms 12 and 13: o_ij = sum_k a_ik b_jk (outgoing) or sum_k a_kj b_ki (incoming), gated in and out.
//
// Both are o_lm = sum_k a_lk b_mk over the pair's lines l: its rows (outgoing), or its columns with i and j
// exchanged (incoming). The factor b is made of all lines and held, packed; a and the product are made and
// used up some lines at a time.
class TriangleMultiplication {
 public:
  TriangleMultiplication(const ParameterReader& reader, Triangle kind);
  void operator()(const Context& context, int64_t tokens, StoredMat pair) const;

  // Lines whose a and product are held at a time.
  static int64_t lines_at_once(int64_t tokens, int64_t channels);

 private:
  struct Lines {
    int64_t first, count;
  };
  template <class Body>
  void for_pieces(const Context& context, int64_t tokens, StoredMat pair, Lines lines,
                  const Body& body) const;
  void project(const Context& context, int64_t tokens, StoredMat pair, Lines lines, const PackedMatrix& gate,
               const PackedMatrix& projection, Mat out) const;
  std::vector<PackedView> right_factors(const Context& context, int64_t tokens, StoredMat pair,
                                        Context::Scope& scope) const;
  void multiply(const Context& context, int64_t tokens, ConstMat left, const std::vector<PackedView>& right,
                Mat product) const;
  void output(const Context& context, int64_t tokens, ConstMat product, Lines lines, StoredMat pair) const;

  Triangle kind_;
  LayerNorm left_norm_input_, center_norm_;
  PackedMatrix gate_a_, gate_b_, projection_a_, projection_b_;
  PackedMatrix gating_linear_, output_projection_;
};

// Algorithms 14 and 15: attention along rows, or along columns (transpose); the bias is b_ij of the
// untransposed pair in both.
class GridSelfAttention {
 public:
  GridSelfAttention(const ParameterReader& reader, bool transpose);
  void operator()(const Context& context, int64_t tokens, StoredMat pair) const;

 private:
  void attend(ConstMat bias, StoredMat rows, Scratch& scratch) const;

  bool transpose_;
  int64_t heads_, head_dim_;
  LayerNorm act_norm_;
  PackedMatrix pair_bias_projection_, qkv_, gating_query_, output_projection_;
};

// Algorithm 9. pair_ij += (sum_s l_si (x) r_sj) W + b, divided by 1e-3 + rows of the MSA.
class OuterProductMean {
 public:
  explicit OuterProductMean(const ParameterReader& reader);
  // msa [S * N, C_m], row s * N + i.
  void operator()(const Context& context, int64_t tokens, ConstMat msa, StoredMat pair) const;

 private:
  LayerNorm layer_norm_input_;
  PackedMatrix left_right_, output_w_;
  Tensor<float> output_b_;
  int64_t outer_;  // channels of each factor
};

// Algorithm 10: attention weights from the pair representation alone, shared by all rows of the MSA.
class MsaAttention {
 public:
  explicit MsaAttention(const ParameterReader& reader);
  void operator()(const Context& context, int64_t tokens, Mat msa, ConstStoredMat pair) const;

 private:
  LayerNorm act_norm_, pair_norm_;
  PackedMatrix pair_logits_, v_projection_, gating_query_, output_projection_;
  int64_t heads_, head_dim_;
};

// The five pair layers that the template, MSA and pairformer stacks share, in their order.
class PairLayers {
 public:
  explicit PairLayers(const ParameterReader& reader);
  void operator()(const Context& context, int64_t tokens, StoredMat pair) const;

 private:
  TriangleMultiplication outgoing_, incoming_;
  GridSelfAttention attention1_, attention2_;
  TransitionBlock transition_;
};

// One block of the MSA stack (algorithm 8).
class EvoformerIteration {
 public:
  explicit EvoformerIteration(const ParameterReader& reader);
  void operator()(const Context& context, int64_t tokens, Mat msa, StoredMat pair) const;

 private:
  OuterProductMean outer_product_mean_;
  MsaAttention msa_attention_;
  TransitionBlock msa_transition_;
  PairLayers pair_layers_;
};

// One block of the pairformer (algorithm 17): the pair layers, then attention with pair bias and transition
// on single [N, C_s].
class PairFormerIteration {
 public:
  explicit PairFormerIteration(const ParameterReader& reader);
  void operator()(const Context& context, StoredMat pair, Mat single) const;

 private:
  void single_attention(const Context& context, ConstStoredMat pair, Mat single) const;

  PairLayers pair_layers_;
  LayerNorm single_pair_logits_norm_, single_attention_layer_norm_;
  PackedMatrix single_pair_logits_projection_, qkvg_, transition2_;
  Tensor<float> q_bias_;
  int64_t heads_;
  TransitionBlock single_transition_;
};

// The layers 0..n-1 of a stack, built from the reader's stacked parameters; `counted_by` names one of them.
template <class Layer>
std::vector<Layer> layer_stack(const ParameterReader& reader, const std::string& counted_by) {
  std::vector<Layer> layers;
  const int count = reader.layers(counted_by);
  for (int i = 0; i < count; ++i) layers.emplace_back(reader.layer(i));
  return layers;
}

// logits[h][i * N + j] = (LN(pair) W)[i * N + j][h], for attention with pair bias. out [heads, N * N].
void pair_logits(const Context& context, ConstStoredMat pair, const LayerNorm& norm, Variance variance,
                 PackedView w, Mat out);

// Attention of all heads over `tokens` rows in each of qkv.rows / tokens groups (samples): qkv [rows, 3 * H *
// D] (h-major thirds q, k, v), bias [H, tokens * tokens], out [rows, H * D].
void multi_head_attention(const Context& context, int64_t tokens, int64_t heads, ConstMat qkv, ConstMat bias,
                          Mat out);

}  // namespace pleat
