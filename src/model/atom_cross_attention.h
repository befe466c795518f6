// Atoms to tokens and back (the reference's model/network/atom_cross_attention.py; algorithms 5 and 6).
// Float32.
//
// Atoms are the batch's real atoms in flat order; atom pairs exist for the 32 queries x 128 keys of each
// window only.
#pragma once

#include <string>
#include <vector>

#include "featurise/batch.h"
#include "kernels/context.h"
#include "model/diffusion_transformer.h"

namespace pleat {

// The atoms of a batch, their windows, and what the encoders read of them.
struct AtomLayout : AtomWindows {
  std::vector<int> query_uid;  // [atoms] reference space
  // [windows * 128] what the reference compares a query's reference space with: it looks keys up by their
  // flat atom number in the dense [P, 24] layout, so this is not the key's own space (specs/model.md 2.5).
  std::vector<int> key_uid;
  Tensor<float> ref_pos;  // [atoms, 3]
};

AtomLayout atom_layout(const featurise::Batch& batch);

// Per-atom features (specs/model.md 2.1) for one of the two encoders; [atoms, 128].
class PerAtomConditioning {
 public:
  explicit PerAtomConditioning(const ParameterReader& prefixed);
  Tensor<float> operator()(const Context& context, const featurise::Batch& batch,
                           const AtomLayout& layout) const;

 private:
  Tensor<float> pos_, mask_, element_, charge_, name_;
};

// The pair features of a window's queries and keys (specs/model.md 2.3).
class AtomPairFeatures {
 public:
  explicit AtomPairFeatures(const ParameterReader& prefixed);

  // What a window reads: per atom [A, C_z] projections of the conditioning, and for the diffusion the
  // projected pair conditioning [N * N, C_z] (no data otherwise).
  struct Inputs {
    Tensor<float> row, col;
    ConstMat trunk_pair;
  };
  // row = relu(cond) W_row, col = relu(cond) W_col.
  Inputs inputs(const Context& context, ConstMat cond) const;
  int64_t channels() const { return distances_.size(); }

  // z [queries of the window * 128, C_z].
  void operator()(const AtomLayout& layout, int64_t window, const Inputs& inputs, Mat z,
                  Scratch& scratch) const;

 private:
  void add_geometry(const AtomLayout& layout, int64_t query, int64_t key_slot, float* z) const;

  PackedMatrix row_, col_;
  Tensor<float> offsets_, distances_, offsets_valid_;
  PackedMatrix mlp_1_, mlp_2_, mlp_3_;
};

// token_act[n] = mean over the token's atoms of relu(x W). x [S * A, C] to out [S * N, C_t].
void aggregate_atoms(const Context& context, const AtomLayout& layout, ConstMat x, PackedView projection,
                     Mat out);

// The encoder of target_feat: no positions, no trunk. out [N, C_t].
class TargetFeatAtomEncoder {
 public:
  explicit TargetFeatAtomEncoder(const ParameterReader& diffuser);  // parameters evoformer_conditioning_...
  int64_t channels() const { return aggregate_.cols(); }
  void operator()(const Context& context, const featurise::Batch& batch, const AtomLayout& layout,
                  Mat out) const;

 private:
  PerAtomConditioning per_atom_;
  AtomPairFeatures pair_features_;
  CrossAttTransformer transformer_;
  PackedMatrix aggregate_;
};

// The encoder and decoder of the diffusion module, with everything they share that changes neither with the
// step nor with the sample computed once by prepare().
class DiffusionAtomTransformers {
 public:
  explicit DiffusionAtomTransformers(const ParameterReader& head);  // parameters diffusion_...

  struct Prepared {
    Tensor<float> cond;  // [A, C]
    CrossAttTransformer::Conditioning encoder, decoder;
  };
  // single [N, 384]: the trunk's; pair_cond [N * N, C]: the conditioned pair.
  Prepared prepare(const Context& context, const featurise::Batch& batch, const AtomLayout& layout,
                   ConstMat single, ConstStoredMat pair_cond) const;

  // positions [S * A, 3], already scaled. skip [S * A, C] receives the atoms' activations, token_act [S * N,
  // C_t].
  void encode(const Context& context, const AtomLayout& layout, const Prepared& prepared, ConstMat positions,
              Mat skip, Mat token_act) const;
  // update [S * A, 3] from token_act and the encoder's skip.
  void decode(const Context& context, const AtomLayout& layout, const Prepared& prepared, ConstMat token_act,
              ConstMat skip, Mat update) const;

  int64_t atom_channels() const { return position_update_.rows(); }
  int64_t token_channels() const { return aggregate_.cols(); }

 private:
  Tensor<float> project_pair(const Context& context, ConstStoredMat pair_cond) const;

  PerAtomConditioning per_atom_;
  AtomPairFeatures pair_features_;
  LayerNorm lnorm_trunk_single_cond_, lnorm_trunk_pair_cond_, atom_features_layer_norm_;
  PackedMatrix embed_trunk_single_cond_, embed_trunk_pair_cond_, positions_to_features_;
  PackedMatrix aggregate_, broadcast_, position_update_;
  CrossAttTransformer encoder_, decoder_;
};

}  // namespace pleat
