// The conditioned transformers of the diffusion module and of the atom encoder (the reference's
// model/network/diffusion_transformer.py). The reference runs them in float32.
//
// Conditions do not depend on the sample, so they are computed once for all samples (for atoms also once for
// all steps). Activations of S samples are [S * L, C], row s * L + l; conditions are [L, ...].
#pragma once

#include <string>
#include <vector>

#include "model/parameter_reader.h"
#include "ops/backend.h"

namespace pleat::model {

// Adaptive layer norm (algorithm 26): sigmoid(sn W + b) * LN(x) + sn W', sn = LN(s) * scale. Parameters
// PREFIXsingle_cond_{layer_norm,scale,bias}; the scale is multiplied into the weights.
ops::Condition adaptive_layer_norm(const ParameterReader& prefixed);
// Adaptive zero-initialised output (algorithm 24, last lines): sigmoid(s W + b) * (x W'), s not normalised.
// Parameters PREFIXadaptive_zero_cond.
ops::Condition adaptive_zero_init(const ParameterReader& prefixed);
// Transition without conditions: parameters PREFIXffw_...
ops::Transition unconditioned_transition(const ParameterReader& prefixed);

// One block of the token transformer (algorithm 23): attention with pair bias, then transition.
class TransformerBlock {
 public:
  explicit TransformerBlock(const ParameterReader& prefixed);
  // act [S * N, C]; s [N, C_s] and normed = LN(s) without scale; logits [H, N * N].
  void operator()(ops::Backend& ops, const ops::Array& normed, const ops::Array& s, const ops::Array& logits,
                  ops::Array& act) const;

 private:
  ops::Condition norm_, zero_, ffw_norm_, ffw_zero_;
  ops::Attention attention_;
  ops::Linear transition2_;
  ops::ConditionedTransition ffw_;
};

// The token transformer: super-blocks of blocks, with one projection of pair logits per super-block.
class Transformer {
 public:
  explicit Transformer(const ParameterReader& head);  // scope of the diffusion head
  // The blocks' pair logits, independent of step and sample: kept, [H, N * N] each; or, to save memory, the
  // pair from which each step computes them again. The bits are the same.
  struct PairLogits {
    std::vector<ops::Array> blocks;  // empty when not kept
    ops::Array pair;                 // [N * N, C], conditioned; empty when the logits are kept
  };
  PairLogits pair_logits(ops::Backend& ops, ops::Array pair, bool keep) const;
  void operator()(ops::Backend& ops, const ops::Array& s, const PairLogits& logits, ops::Array& act) const;

 private:
  ops::Array block_logits(ops::Backend& ops, const ops::Array& pair, size_t block) const;

  ops::LayerNorm pair_input_layer_norm_;
  std::vector<ops::Linear> pair_logits_projection_;  // one per block
  std::vector<TransformerBlock> blocks_;
};

// The sequence-local atom transformer (algorithm 7): each window of 32 queries attends to 128 keys.
class CrossAttTransformer {
 public:
  CrossAttTransformer(const ParameterReader& reader, const std::string& name);

  // For each block, the part that depends on neither the activations nor the sample.
  struct Conditioning {
    std::vector<std::vector<ops::Array>> conditions;  // of TransformerBlock's kinds, [A, .]
    std::vector<ops::Array> logits;                   // [windows * heads * 32, 128]
  };
  // The conditions of all blocks; cond [A, C].
  std::vector<std::vector<ops::Array>> conditions(ops::Backend& ops, const ops::Array& cond) const;
  // For ops::Backend::atom_pair_logits.
  const ops::AtomPairLogits& pair_logits() const { return pair_logits_; }

  // act [S * A, C] in place.
  void operator()(ops::Backend& ops, const ops::AtomWindows& windows, const Conditioning& conditioning,
                  ops::Array& act) const;

 private:
  struct Block {
    explicit Block(const ParameterReader& prefixed);
    void operator()(ops::Backend& ops, const ops::AtomWindows& windows, int64_t heads,
                    const std::vector<ops::Array>& conditions, const ops::Array& logits,
                    ops::Array& act) const;
    ops::Condition q_norm, k_norm, zero, ffw_norm, ffw_zero;
    ops::Linear q_gate, kv, transition2;
    ops::Array q_bias, no_bias;
    ops::ConditionedTransition ffw;
  };

  ops::AtomPairLogits pair_logits_;
  std::vector<Block> blocks_;
};

}  // namespace pleat::model
