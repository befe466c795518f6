// The weights of operations. A backend packs matrices for its products (Backend::pack). One struct holds the
// weights of an operation, under the reference's names.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "ops/array.h"

namespace pleat::ops {

using kernels::Arithmetic;
using kernels::Variance;

// A matrix [rows: in, cols: out] packed for products in one arithmetic.
class Linear {
 public:
  Linear() = default;
  Linear(int64_t rows, int64_t cols, Arithmetic arithmetic, std::unique_ptr<Held> packed)
      : rows_(rows), cols_(cols), arithmetic_(arithmetic), packed_(std::move(packed)) {}

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  Arithmetic arithmetic() const { return arithmetic_; }

  // For the backend that packed it.
  template <class Packed>
  const Packed& packed() const {
    PLEAT_ASSERT(packed_ != nullptr);
    return static_cast<const Packed&>(*packed_);
  }

 private:
  int64_t rows_ = 0, cols_ = 0;
  Arithmetic arithmetic_ = Arithmetic::float32;
  std::unique_ptr<Held> packed_;
};

// LN(x) = scale * (x - mean) / sqrt(variance + 1e-5) + offset over the columns. scale and offset are [1, C];
// an empty scale is 1, an empty offset 0. The reference computes the variance as mean(x^2) - mean(x)^2
// (fast) in the trunk and the confidence head, as mean((x - mean)^2) (slow) in everything conditioned.
struct LayerNorm {
  Array scale, offset;
  Variance variance = Variance::fast;
};

// A gated linear unit: activation(x gate) * (x value).
struct GatedLinear {
  Linear gate, value;
};

// Algorithm 11, also in the diffusion's conditioning.
struct Transition {
  LayerNorm input_layer_norm;
  GatedLinear transition1;
  Linear transition2;
};

// Algorithms 12 and 13. a and b are the two gated projections of the normed pair.
struct TriangleMultiplication {
  LayerNorm left_norm_input, center_norm;
  GatedLinear a, b;
  Linear gating_linear, output_projection;
};

// Algorithms 14 and 15. qkv: columns q, k, v, each [heads, head width].
struct GridSelfAttention {
  LayerNorm act_norm;
  Linear pair_bias_projection, qkv, gating_query, output_projection;
  int64_t heads = 0;
};

// Algorithm 9. left_right: columns of both projections; output_w [outer^2, C], output_b [1, C].
struct OuterProductMean {
  LayerNorm layer_norm_input;
  Linear left_right, output_w;
  Array output_b;
};

// Algorithm 10.
struct MsaAttention {
  LayerNorm act_norm, pair_norm;
  Linear pair_logits, v_projection, gating_query, output_projection;
  int64_t heads = 0;
};

// Projections of multi-head attention. qkvg: columns q, k, v and gate, each [heads, head width]; q_bias
// [1, heads * head width].
struct Attention {
  Linear qkvg;
  Array q_bias;
  int64_t heads = 0;
};

// The projection of the condition for an adaptive layer norm or an adaptive zero output: c W, with sigmoid(c
// W + bias) in the first bias.cols() columns. of_norm: c is the normed condition, else the condition itself.
struct Condition {
  Linear weights;
  Array bias;  // [1, .]
  bool of_norm = true;
};

// Conditioned transition (algorithm 25) without its conditions.
struct ConditionedTransition {
  GatedLinear transition1;
  Linear transition2;
};

// Weights of the pair embedding: the relative encoding (algorithm 3), the previous pass and the bonds. In
// tables, here and below, feature k adds row k.
struct PairEmbedding {
  LayerNorm prev_embedding_layer_norm;
  Linear prev_embedding;
  Array position_activations;  // [139, C]
  Array bond_embedding;        // [1, C]
};

// The features of a template's pairs, in the reference's numbering.
struct TemplateEmbedding {
  Array dgram;                   // 0 [39, C]
  Array pseudo_beta_mask;        // 1 [1, C]
  Array aatype_j, aatype_i;      // 2, 3 [31, C]
  Array unit_x, unit_y, unit_z;  // 4, 5, 6 [1, C]
  Array backbone_mask;           // 7 [1, C]
  LayerNorm query_embedding_norm;
  Linear query;  // 8
};

// Per-atom conditioning (docs/specs/model.md, section 2.1): one table per feature.
struct PerAtomConditioning {
  Array ref_pos;        // [3, C]
  Array ref_mask;       // [1, C]
  Array ref_element;    // [128, C]
  Array ref_charge;     // [1, C]
  Array ref_atom_name;  // [4 * 64, C]
};

// Pair features of the atoms of a window (docs/specs/model.md, section 2.3).
struct AtomPairFeatures {
  Linear single_to_pair_cond_row, single_to_pair_cond_col;
  Array embed_pair_offsets;        // [3, C_z]
  Array embed_pair_distances;      // [1, C_z]
  Array embed_pair_offsets_valid;  // [1, C_z]
  Linear pair_mlp_1, pair_mlp_2, pair_mlp_3;
  // In the diffusion, the projection of the conditioned pair.
  LayerNorm lnorm_trunk_pair_cond;
  Linear embed_trunk_pair_cond;
};

// Pair logits of an atom transformer, of all its blocks and heads side by side.
struct AtomPairLogits {
  LayerNorm pair_input_layer_norm;
  Linear pair_logits_projection;  // [C_z, blocks * heads]
  int64_t heads = 0;
};

}  // namespace pleat::ops
