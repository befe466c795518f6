#include "model/atom_cross_attention.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pleat::model {

using featurise::Batch;
using featurise::Gather;
using featurise::kAtomSlots;
using ops::Array;
using ops::Variance;

// --- Layout

AtomLayout atom_layout(const Batch& batch) {
  static_assert(featurise::kQueries == ops::kWindowQueries && featurise::kKeys == ops::kWindowKeys);
  AtomLayout layout;
  layout.tokens = batch.tokens;
  const Gather& queries = batch.token_atoms_to_queries;
  layout.token_first_atom.assign(static_cast<size_t>(batch.tokens + 1), 0);
  // Real atoms come first in the query layout, in the order of the tokens; padding follows.
  for (int64_t q = 0; q < queries.idx.size(); ++q) {
    const int64_t token = queries.idx[q] / kAtomSlots, slot = queries.idx[q] % kAtomSlots;
    if (!queries.mask[q] || token >= batch.tokens || !batch.pred_dense_atom_mask(token, slot)) break;
    layout.token.push_back(static_cast<int>(token));
    layout.slot.push_back(static_cast<int>(slot));
    layout.query_uid.push_back(batch.ref_space_uid(token, slot));
    ++layout.token_first_atom[static_cast<size_t>(token + 1)];
  }
  for (size_t t = 1; t < layout.token_first_atom.size(); ++t)
    layout.token_first_atom[t] += layout.token_first_atom[t - 1];
  layout.atoms = static_cast<int64_t>(layout.token.size());

  const int64_t dense = batch.bucket * kAtomSlots, real = batch.tokens * kAtomSlots;
  for (int64_t k = 0; k < layout.windows() * ops::kWindowKeys; ++k) {
    const bool present = batch.queries_to_keys.mask[k];
    const int64_t atom = batch.queries_to_keys.idx[k];
    layout.keys.push_back(present && atom < layout.atoms ? static_cast<int>(atom) : -1);
    const int64_t looked_up = std::min(atom, dense - 1);
    layout.key_uid.push_back(present && looked_up < real ? batch.ref_space_uid[looked_up] : 0);
  }
  return layout;
}

namespace {

// The numbers as a column.
Tensor<int32_t> column(const std::vector<int>& numbers) {
  return Tensor<int32_t>({static_cast<int64_t>(numbers.size()), 1}, numbers);
}

// The reference conformers' features of each atom, for ops::Backend::per_atom_conditioning.
struct AtomFeatures {
  Tensor<float> ref_pos, charge;
  Tensor<int32_t> features;
};

AtomFeatures atom_features(const Batch& batch, const AtomLayout& layout) {
  AtomFeatures out{Tensor<float>({layout.atoms, 3}), Tensor<float>({layout.atoms, 1}),
                   Tensor<int32_t>({layout.atoms, 6})};
  for (int64_t a = 0; a < layout.atoms; ++a) {
    const int token = layout.token[static_cast<size_t>(a)], slot = layout.slot[static_cast<size_t>(a)];
    std::copy_n(&batch.ref_pos(token, slot), 3, &out.ref_pos(a));
    out.charge[a] = std::asinh(batch.ref_charge(token, slot));
    out.features(a, 0) = batch.ref_mask(token, slot);
    out.features(a, 1) = batch.ref_element(token, slot);
    std::copy_n(&batch.ref_atom_name_chars(token, slot), 4, &out.features(a, 2));
  }
  return out;
}

Array embed_atoms(ops::Backend& ops, const ops::PerAtomConditioning& weights, const Batch& batch,
                  const AtomLayout& layout) {
  const AtomFeatures atoms = atom_features(batch, layout);
  return ops.per_atom_conditioning(weights, ops.upload(atoms.ref_pos), ops.upload(atoms.charge),
                                   ops.upload(atoms.features));
}

}  // namespace

ops::AtomWindows upload(ops::Backend& ops, const Batch& batch, const AtomLayout& layout) {
  return {layout.atoms,
          layout.tokens,
          ops.upload(column(layout.token)),
          ops.upload(column(layout.token_first_atom)),
          ops.upload(column(layout.keys)),
          ops.upload(column(layout.query_uid)),
          ops.upload(column(layout.key_uid)),
          ops.upload(atom_features(batch, layout).ref_pos)};
}

// --- Weights

ops::PerAtomConditioning per_atom_conditioning(const ParameterReader& reader) {
  return {reader.table("embed_ref_pos"), reader.table("embed_ref_mask"), reader.table("embed_ref_element"),
          reader.table("embed_ref_charge"), reader.table("embed_ref_atom_name")};
}

ops::AtomPairFeatures atom_pair_features(const ParameterReader& reader) {
  // The records without suffix belong to a part whose result the reference discards.
  ops::AtomPairFeatures out{reader.linear("single_to_pair_cond_row_1"),
                            reader.linear("single_to_pair_cond_col_1"),
                            reader.table("embed_pair_offsets_1"),
                            reader.table("embed_pair_distances_1"),
                            reader.table("embed_pair_offsets_valid"),
                            reader.linear("pair_mlp_1"),
                            reader.linear("pair_mlp_2"),
                            reader.linear("pair_mlp_3"),
                            {},
                            {}};
  if (!reader.has("embed_trunk_pair_cond:weights")) return out;
  out.lnorm_trunk_pair_cond = reader.layer_norm("lnorm_trunk_pair_cond", Variance::slow);
  out.embed_trunk_pair_cond = reader.linear("embed_trunk_pair_cond");
  return out;
}

// --- Encoder of target_feat

TargetFeatAtomEncoder::TargetFeatAtomEncoder(const ParameterReader& diffuser)
    : per_atom_(per_atom_conditioning(diffuser.prefixed("evoformer_conditioning_"))),
      pair_features_(atom_pair_features(diffuser.prefixed("evoformer_conditioning_"))),
      transformer_(diffuser, "evoformer_conditioning_atom_transformer_encoder"),
      aggregate_(diffuser.linear("evoformer_conditioning_project_atom_features_for_aggr")) {}

Array TargetFeatAtomEncoder::operator()(ops::Backend& ops, const Batch& batch,
                                        const AtomLayout& layout) const {
  const ops::AtomWindows windows = upload(ops, batch, layout);
  Array act = embed_atoms(ops, per_atom_, batch, layout);
  CrossAttTransformer::Conditioning conditioning;
  conditioning.conditions = transformer_.conditions(ops, act);
  const std::array transformers{&transformer_.pair_logits()};
  conditioning.logits =
      std::move(ops.atom_pair_logits(pair_features_, windows, act, Array(), transformers)[0]);
  transformer_(ops, windows, conditioning, act);
  return ops.atoms_to_tokens(windows, act, aggregate_);
}

// --- Diffusion

DiffusionAtomTransformers::DiffusionAtomTransformers(const ParameterReader& head)
    : per_atom_(per_atom_conditioning(head.prefixed("diffusion_"))),
      pair_features_(atom_pair_features(head.prefixed("diffusion_"))),
      lnorm_trunk_single_cond_(head.layer_norm("diffusion_lnorm_trunk_single_cond", Variance::slow)),
      atom_features_layer_norm_(head.layer_norm("diffusion_atom_features_layer_norm", Variance::slow)),
      embed_trunk_single_cond_(head.linear("diffusion_embed_trunk_single_cond")),
      positions_to_features_(head.linear("diffusion_atom_positions_to_features")),
      aggregate_(head.linear("diffusion_project_atom_features_for_aggr")),
      broadcast_(head.linear("diffusion_project_token_features_for_broadcast")),
      position_update_(head.linear("diffusion_atom_features_to_position_update")),
      encoder_(head, "diffusion_atom_transformer_encoder"),
      decoder_(head, "diffusion_atom_transformer_decoder") {}

DiffusionAtomTransformers::Prepared DiffusionAtomTransformers::prepare(ops::Backend& ops, const Batch& batch,
                                                                       const AtomLayout& layout,
                                                                       const Array& single,
                                                                       const Array& pair_cond) const {
  Prepared out;
  out.windows = upload(ops, batch, layout);
  out.cond = embed_atoms(ops, per_atom_, batch, layout);
  ops.tokens_to_atoms(out.windows,
                      ops.norm_linear(single, lnorm_trunk_single_cond_, embed_trunk_single_cond_), out.cond);
  out.encoder.conditions = encoder_.conditions(ops, out.cond);
  out.decoder.conditions = decoder_.conditions(ops, out.cond);
  const std::array transformers{&encoder_.pair_logits(), &decoder_.pair_logits()};
  std::vector<std::vector<Array>> logits =
      ops.atom_pair_logits(pair_features_, out.windows, out.cond, pair_cond, transformers);
  out.encoder.logits = std::move(logits[0]);
  out.decoder.logits = std::move(logits[1]);
  return out;
}

// skip = transformer(cond + W positions), token_act = mean over a token's atoms of relu(skip W').
DiffusionAtomTransformers::Encoded DiffusionAtomTransformers::encode(ops::Backend& ops,
                                                                     const Prepared& prepared,
                                                                     const Array& positions) const {
  Array skip = ops.repeat(prepared.cond, positions.rows() / prepared.windows.atoms);
  ops.add_linear(positions, positions_to_features_, skip);
  encoder_(ops, prepared.windows, prepared.encoder, skip);
  Array token_act = ops.atoms_to_tokens(prepared.windows, skip, aggregate_);
  return {std::move(skip), std::move(token_act)};
}

// update = W LN(transformer(skip + W' token_act)).
Array DiffusionAtomTransformers::decode(ops::Backend& ops, const Prepared& prepared, const Array& token_act,
                                        const Array& skip) const {
  Array act = ops.repeat(skip, 1);
  ops.tokens_to_atoms(prepared.windows, ops.linear(token_act, broadcast_), act);
  decoder_(ops, prepared.windows, prepared.decoder, act);
  return ops.norm_linear(act, atom_features_layer_norm_, position_update_);
}

}  // namespace pleat::model
