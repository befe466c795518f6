// Atoms to tokens and back (the reference's model/network/atom_cross_attention.py; algorithms 5 and 6). The
// reference runs them in float32.
//
// Atoms are the batch's real atoms in flat order; atom pairs exist only for the 32 queries x 128 keys of a
// window.
#pragma once

#include <string>
#include <vector>

#include "featurise/batch.h"
#include "model/diffusion_transformer.h"
#include "ops/backend.h"

namespace pleat::model {

// The atoms of a batch and their windows, on the host, for the encoders. Symbols and meanings as in
// ops::AtomWindows.
struct AtomLayout {
  int64_t atoms = 0, tokens = 0;
  std::vector<int> token, slot;  // [A] an atom's position in the dense layout [N, 24]
  std::vector<int> token_first_atom, keys, query_uid;
  // Not the key's own space: the reference looks it up with the flat atom number in the dense [P, 24] layout
  // (docs/specs/model.md, section 2.5).
  std::vector<int> key_uid;

  int64_t windows() const { return (atoms + ops::kWindowQueries - 1) / ops::kWindowQueries; }
};

AtomLayout atom_layout(const featurise::Batch& batch);
ops::AtomWindows upload(ops::Backend& ops, const featurise::Batch& batch, const AtomLayout& layout);

// The parts that both encoders have.
ops::PerAtomConditioning per_atom_conditioning(const ParameterReader& prefixed);
ops::AtomPairFeatures atom_pair_features(const ParameterReader& prefixed);

// The encoder of target_feat: no positions, no trunk.
class TargetFeatAtomEncoder {
 public:
  explicit TargetFeatAtomEncoder(const ParameterReader& diffuser);  // parameters evoformer_conditioning_...
  int64_t channels() const { return aggregate_.cols(); }
  // [N, C_t].
  ops::Array operator()(ops::Backend& ops, const featurise::Batch& batch, const AtomLayout& layout) const;

 private:
  ops::PerAtomConditioning per_atom_;
  ops::AtomPairFeatures pair_features_;
  CrossAttTransformer transformer_;
  ops::Linear aggregate_;
};

// The encoder and decoder of the diffusion module. prepare() computes once what changes neither with the step
// nor with the sample.
class DiffusionAtomTransformers {
 public:
  explicit DiffusionAtomTransformers(const ParameterReader& head);  // parameters diffusion_...

  struct Prepared {
    ops::AtomWindows windows;
    ops::Array cond;  // [A, C]
    CrossAttTransformer::Conditioning encoder, decoder;
  };
  // single [N, C_s]: the trunk's; pair_cond [N * N, C]: the conditioned pair.
  Prepared prepare(ops::Backend& ops, const featurise::Batch& batch, const AtomLayout& layout,
                   const ops::Array& single, const ops::Array& pair_cond) const;

  // From scaled positions [S * A, 3]: the atoms' activations [S * A, C] and the tokens' [S * N, C_t].
  struct Encoded {
    ops::Array skip, token_act;
  };
  Encoded encode(ops::Backend& ops, const Prepared& prepared, const ops::Array& positions) const;
  // The position update [S * A, 3] from the tokens' activations and the encoder's skip.
  ops::Array decode(ops::Backend& ops, const Prepared& prepared, const ops::Array& token_act,
                    const ops::Array& skip) const;

 private:
  ops::PerAtomConditioning per_atom_;
  ops::AtomPairFeatures pair_features_;
  ops::LayerNorm lnorm_trunk_single_cond_, atom_features_layer_norm_;
  ops::Linear embed_trunk_single_cond_, positions_to_features_;
  ops::Linear aggregate_, broadcast_, position_update_;
  CrossAttTransformer encoder_, decoder_;
};

}  // namespace pleat::model
