// The blocks of the trunk's stacks (the reference's model/network/modules.py). Each holds its weights, under
// the reference's names, and updates activations in place: act += layer(act).
//
// pair is [N * N, C] in either type, msa [S * N, C_m], single [N, C_s].
#pragma once

#include "model/parameter_reader.h"
#include "ops/backend.h"

namespace pleat::model {

// The five pair layers that the template, MSA and pairformer stacks share, in their order.
class PairLayers {
 public:
  explicit PairLayers(const ParameterReader& reader);
  void operator()(ops::Backend& ops, ops::Array& pair) const;

 private:
  ops::TriangleMultiplication outgoing_, incoming_;
  ops::GridSelfAttention attention1_, attention2_;
  ops::Transition transition_;
};

// One block of the MSA stack (algorithm 8).
class EvoformerIteration {
 public:
  explicit EvoformerIteration(const ParameterReader& reader);
  void operator()(ops::Backend& ops, ops::Array& msa, ops::Array& pair) const;

 private:
  ops::OuterProductMean outer_product_mean_;
  ops::MsaAttention msa_attention_;
  ops::Transition msa_transition_;
  PairLayers pair_layers_;
};

// One block of the pairformer (algorithm 17): the pair layers, then attention with pair bias and transition
// on the single representation.
class PairFormerIteration {
 public:
  explicit PairFormerIteration(const ParameterReader& reader);
  void operator()(ops::Backend& ops, ops::Array& pair, ops::Array& single) const;

 private:
  void single_attention(ops::Backend& ops, const ops::Array& pair, ops::Array& single) const;

  PairLayers pair_layers_;
  ops::LayerNorm single_pair_logits_norm_, single_attention_layer_norm_;
  ops::Linear single_pair_logits_projection_, transition2_;
  ops::Attention single_attention_;
  ops::Transition single_transition_;
};

// The weights of one layer from its scope.
ops::Transition transition(const ParameterReader& reader);
ops::TriangleMultiplication triangle_multiplication(const ParameterReader& reader);
ops::GridSelfAttention grid_self_attention(const ParameterReader& reader);
ops::OuterProductMean outer_product_mean(const ParameterReader& reader);
ops::MsaAttention msa_attention(const ParameterReader& reader);

}  // namespace pleat::model
