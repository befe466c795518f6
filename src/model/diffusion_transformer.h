// The conditioned transformers of the diffusion module and of the atom encoder (the reference's
// model/network/diffusion_transformer.py). Everything here is float32.
//
// Conditioning does not depend on the sample, so its scales, shifts and gates are computed once for all
// samples (and, for atoms, once for all steps). Activations of S samples are [S * L, C], row s * L + l;
// conditioning is [L, ...].
#pragma once

#include "kernels/context.h"
#include "model/parameter_reader.h"

namespace pleat {

// Calls f(offset, position, count) for the pieces of rows [first, first + count) that lie within one period:
// rows first + offset ... are positions position ... of it.
template <class F>
void for_segments(int64_t first, int64_t count, int64_t period, F&& f) {
  for (int64_t offset = 0; offset < count;) {
    const int64_t position = (first + offset) % period;
    const int64_t length = std::min(count - offset, period - position);
    f(offset, position, length);
    offset += length;
  }
}

// Adaptive layer norm (algorithm 26): sigmoid(sn W + b) * LN(x) + sn W', sn = LN(s) * scale, LN without
// parameters.
class AdaptiveLayerNorm {
 public:
  // Parameters PREFIXsingle_cond_{layer_norm,scale,bias}.
  explicit AdaptiveLayerNorm(const ParameterReader& prefixed);
  int64_t channels() const { return bias_.size(); }
  // normalised [L, C_s]: LN(s) without scale. gate_shift [L, 2 C].
  void condition(ConstMat normalised, Mat gate_shift) const;
  // out = gate * LN(x) + shift for rows [first, first + x.rows) of S * L rows.
  static void apply(ConstMat x, ConstMat gate_shift, int64_t first, Mat out);

 private:
  PackedMatrix scale_shift_;  // the scale of LN(s) multiplied in
  Tensor<float> bias_;
};

// Adaptive zero-initialised output (algorithm 24, last lines): sigmoid(s W + b) * (x W'), s not normalised.
class AdaptiveZeroInit {
 public:
  // Parameters PREFIXadaptive_zero_cond and PREFIXtransition2.
  explicit AdaptiveZeroInit(const ParameterReader& prefixed);
  int64_t channels() const { return transition2_.cols(); }
  void condition(ConstMat s, Mat zero) const;
  // act += zero * (x transition2) for rows [first, first + x.rows) of S * L rows.
  void apply(ConstMat x, ConstMat zero, int64_t first, Mat act, Scratch& scratch) const;

 private:
  PackedMatrix cond_, transition2_;
  Tensor<float> bias_;
};

// Conditioned transition (algorithm 25).
class ConditionedTransition {
 public:
  explicit ConditionedTransition(const ParameterReader& prefixed);  // parameters PREFIXffw_...
  // conditioning [L, 3 C]: gate, shift, zero.
  void condition(ConstMat normalised, ConstMat s, Mat conditioning) const;
  void apply(ConstMat conditioning, int64_t first, Mat act, Scratch& scratch) const;

 private:
  AdaptiveLayerNorm norm_;
  GatedWeights transition1_;
  AdaptiveZeroInit output_;
};

// Transition without conditioning: act += transition2(swish(a) * b), (a, b) = transition1(LN_slow(act)).
class PlainTransition {
 public:
  explicit PlainTransition(const ParameterReader& prefixed);  // parameters PREFIXffw_...
  void operator()(const Context& context, StoredMat act) const;

 private:
  LayerNorm layer_norm_;
  GatedWeights transition1_;
  PackedMatrix transition2_;
};

// One block of the token transformer (algorithm 23): attention with pair bias, then transition.
class TransformerBlock {
 public:
  explicit TransformerBlock(const ParameterReader& prefixed);
  int64_t channels() const { return norm_.channels(); }
  // act [S * N, C]; s [N, C_s] and normalised = LN(s) without scale; bias [H, N * N].
  void operator()(const Context& context, ConstMat normalised, ConstMat s, ConstMat bias, Mat act) const;

 private:
  AdaptiveLayerNorm norm_;
  PackedMatrix qkvg_;
  Tensor<float> q_bias_;
  int64_t heads_;
  AdaptiveZeroInit output_;
  ConditionedTransition transition_;
};

// The token transformer: super-blocks of blocks, one projection of pair logits a super-block.
class Transformer {
 public:
  explicit Transformer(const ParameterReader& head);  // scope of the diffusion head
  // The blocks' pair logits, independent of step and sample: kept, [H, N * N] each; or, where that takes too
  // much memory, what they are made of whenever they are needed. The bits are the same.
  struct PairLogits {
    std::vector<Tensor<float>> blocks;  // empty: not kept
    StoredTensor pair;                  // [N * N, C], conditioned; empty where the logits are kept
  };
  PairLogits pair_logits(const Context& context, StoredTensor pair, bool keep) const;
  void operator()(const Context& context, ConstMat s, const PairLogits& logits, Mat act) const;

 private:
  void block_logits(const Context& context, ConstStoredMat pair, size_t block, Mat out) const;

  LayerNorm pair_input_layer_norm_;
  std::vector<PackedMatrix> pair_logits_projection_;  // one a block
  std::vector<TransformerBlock> blocks_;
};

// Atoms in windows: what the sequence-local attention needs to know of the batch. Atoms are the real ones in
// flat order.
struct AtomWindows {
  int64_t atoms = 0, windows = 0;
  std::vector<int> token, slot;       // [atoms]
  std::vector<int> token_first_atom;  // [N + 1]
  std::vector<int>
      keys;  // [windows * 128] atom, or -1 for a padding key (zero key and value, still attended to)
};

// The sequence-local atom transformer (algorithm 7): each window of 32 queries attends to 128 keys.
class CrossAttTransformer {
 public:
  CrossAttTransformer(const ParameterReader& reader, const std::string& name);

  // What depends on neither the activations nor the sample.
  struct Conditioning {
    std::vector<Tensor<float>> atoms;   // per block [A, 8 C]
    std::vector<Tensor<float>> logits;  // per block [windows, heads, 32, 128]
  };
  // cond [A, C]. Leaves logits uninitialised: write_logits fills them window by window.
  Conditioning condition(const Context& context, const AtomWindows& windows, ConstMat cond) const;
  // The pair logits of one window from its pair features z [32 * 128, C_z].
  void write_logits(int64_t window, ConstMat z, Conditioning& conditioning, Scratch& scratch) const;

  // act [S * A, C] in place.
  void operator()(const Context& context, const AtomWindows& windows, const Conditioning& conditioning,
                  Mat act) const;

 private:
  struct Block {
    explicit Block(const ParameterReader& prefixed);
    AdaptiveLayerNorm q_norm, k_norm;
    PackedMatrix q_gate, kv;
    Tensor<float> q_bias;
    AdaptiveZeroInit output;
    ConditionedTransition transition;
  };
  void attend(const Block& block, const AtomWindows& windows, int64_t window, ConstMat q_gate, ConstMat kv,
              const Tensor<float>& logits, Mat out, Scratch& scratch) const;

  LayerNorm pair_input_layer_norm_;
  PackedMatrix pair_logits_projection_;  // [C_z, blocks * heads]
  std::vector<Block> blocks_;
  int64_t heads_;
};

}  // namespace pleat
