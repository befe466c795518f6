#include "model/atom_cross_attention.h"

#include <algorithm>
#include <cmath>

#include "model/rows.h"

namespace pleat {
// --- Layout

AtomLayout atom_layout(const featurise::Batch& batch) {
  AtomLayout layout;
  const featurise::Gather& queries = batch.token_atoms_to_queries;
  layout.token_first_atom.assign(static_cast<size_t>(batch.tokens + 1), 0);
  // Real atoms come first in the query layout, in the order of the tokens; padding follows.
  for (int64_t q = 0; q < queries.idx.size(); ++q) {
    const int64_t token = queries.idx[q] / featurise::kAtomSlots,
                  slot = queries.idx[q] % featurise::kAtomSlots;
    if (!queries.mask[q] || token >= batch.tokens || !batch.pred_dense_atom_mask(token, slot)) break;
    layout.token.push_back(static_cast<int>(token));
    layout.slot.push_back(static_cast<int>(slot));
    layout.query_uid.push_back(batch.ref_space_uid(token, slot));
    ++layout.token_first_atom[static_cast<size_t>(token + 1)];
  }
  for (size_t t = 1; t < layout.token_first_atom.size(); ++t)
    layout.token_first_atom[t] += layout.token_first_atom[t - 1];
  layout.atoms = static_cast<int64_t>(layout.token.size());
  layout.windows = (layout.atoms + featurise::kQueries - 1) / featurise::kQueries;

  layout.ref_pos = Tensor<float>({layout.atoms, 3});
  for (int64_t a = 0; a < layout.atoms; ++a)
    std::copy_n(&batch.ref_pos(layout.token[static_cast<size_t>(a)], layout.slot[static_cast<size_t>(a)]), 3,
                &layout.ref_pos(a));

  const int64_t dense = batch.bucket * featurise::kAtomSlots, real = batch.tokens * featurise::kAtomSlots;
  for (int64_t k = 0; k < layout.windows * featurise::kKeys; ++k) {
    const bool present = batch.queries_to_keys.mask[k];
    const int64_t atom = batch.queries_to_keys.idx[k];
    layout.keys.push_back(present && atom < layout.atoms ? static_cast<int>(atom) : -1);
    const int64_t looked_up = std::min(atom, dense - 1);
    layout.key_uid.push_back(present && looked_up < real ? batch.ref_space_uid[looked_up] : 0);
  }
  return layout;
}

// --- Per-atom conditioning

PerAtomConditioning::PerAtomConditioning(const ParameterReader& reader)
    : pos_(reader.weights("embed_ref_pos")),
      mask_(reader.weights("embed_ref_mask")),
      element_(reader.weights("embed_ref_element")),
      charge_(reader.weights("embed_ref_charge")),
      name_(reader.weights("embed_ref_atom_name")) {}

Tensor<float> PerAtomConditioning::operator()(const Context& context, const featurise::Batch& batch,
                                              const AtomLayout& layout) const {
  const int64_t c = pos_.dim(1), characters = 4, alphabet = name_.dim(0) / characters;
  Tensor<float> out({layout.atoms, c});
  context.for_row_blocks(layout.atoms, [&](int64_t first, int64_t count, Scratch) {
    for (int64_t a = first; a < first + count; ++a) {
      const int token = layout.token[static_cast<size_t>(a)], slot = layout.slot[static_cast<size_t>(a)];
      if (!batch.ref_mask(token, slot)) continue;
      float* row = &out(a);
      for (int64_t x = 0; x < 3; ++x) add_scaled(row, &pos_(x), batch.ref_pos(token, slot, x), c);
      add_scaled(row, mask_.data(), 1.0f, c);
      // A code beyond the one-hot encoding adds nothing.
      const int element = batch.ref_element(token, slot);
      if (element >= 0 && element < element_.dim(0)) add_scaled(row, &element_(element), 1.0f, c);
      add_scaled(row, charge_.data(), std::asinh(batch.ref_charge(token, slot)), c);
      for (int64_t k = 0; k < characters; ++k) {
        const int code = batch.ref_atom_name_chars(token, slot, k);
        if (code >= 0 && code < alphabet) add_scaled(row, &name_(k * alphabet + code), 1.0f, c);
      }
    }
  });
  return out;
}

// --- Pair features

AtomPairFeatures::AtomPairFeatures(const ParameterReader& reader)
    // The records without suffix belong to a part whose result the reference discards.
    : row_(reader.linear("single_to_pair_cond_row_1")),
      col_(reader.linear("single_to_pair_cond_col_1")),
      offsets_(reader.weights("embed_pair_offsets_1")),
      distances_(reader.weights("embed_pair_distances_1")),
      offsets_valid_(reader.weights("embed_pair_offsets_valid")),
      mlp_1_(reader.linear("pair_mlp_1")),
      mlp_2_(reader.linear("pair_mlp_2")),
      mlp_3_(reader.linear("pair_mlp_3")) {}

AtomPairFeatures::Inputs AtomPairFeatures::inputs(const Context& context, ConstMat cond) const {
  Inputs out{Tensor<float>::uninitialised({cond.rows, channels()}),
             Tensor<float>::uninitialised({cond.rows, channels()}),
             {}};
  context.for_row_blocks(cond.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, cond.cols);
    copy(cond.rows_at(first, count), x);
    relu(x);
    gemm(x, row_, matrix(out.row).rows_at(first, count));
    gemm(x, col_, matrix(out.col).rows_at(first, count));
  });
  return out;
}

void AtomPairFeatures::add_geometry(const AtomLayout& layout, int64_t query, int64_t key_slot,
                                    float* z) const {
  if (layout.query_uid[static_cast<size_t>(query)] != layout.key_uid[static_cast<size_t>(key_slot)]) return;
  const int key = layout.keys[static_cast<size_t>(key_slot)];
  float offset[3], square = 0;
  for (int64_t x = 0; x < 3; ++x) {
    offset[x] = layout.ref_pos(query, x) - (key >= 0 ? layout.ref_pos(key, x) : 0.0f);
    square += offset[x] * offset[x];
  }
  const float closeness = 1.0f / (1.0f + square);
  const int64_t n = channels();
  for (int64_t c = 0; c < n; ++c)
    z[c] += offset[0] * offsets_(0, c) + offset[1] * offsets_(1, c) + offset[2] * offsets_(2, c) +
            closeness * distances_[c] + offsets_valid_[c];
}

void AtomPairFeatures::operator()(const AtomLayout& layout, int64_t window, const Inputs& inputs, Mat z,
                                  Scratch& scratch) const {
  const int64_t n = channels();
  const auto tokens = static_cast<int64_t>(layout.token_first_atom.size()) - 1;
  for (int64_t r = 0; r < z.rows; ++r) {
    const int64_t query = window * featurise::kQueries + r / featurise::kKeys,
                  key_slot = window * featurise::kKeys + r % featurise::kKeys;
    const int key = layout.keys[static_cast<size_t>(key_slot)];
    float* row = z.row(r);
    std::copy_n(&inputs.row(query), n, row);
    if (key >= 0) {
      add_scaled(row, &inputs.col(key), 1.0f, n);
      if (inputs.trunk_pair.data) {
        const int64_t i = layout.token[static_cast<size_t>(query)],
                      j = layout.token[static_cast<size_t>(key)];
        add_scaled(row, inputs.trunk_pair.row(i * tokens + j), 1.0f, n);
      }
    }
    add_geometry(layout, query, key_slot, row);
  }
  const Mat a = scratch.take(z.rows, n), b = scratch.take(z.rows, n);
  copy(z, a);
  relu(a);
  gemm(a, mlp_1_, b);
  relu(b);
  gemm(b, mlp_2_, a);
  relu(a);
  gemm(a, mlp_3_, z, true);
}

void aggregate_atoms(const Context& context, const AtomLayout& layout, ConstMat x, PackedView projection,
                     Mat out) {
  const auto tokens = static_cast<int64_t>(layout.token_first_atom.size()) - 1;
  constexpr int64_t kTokens = 8;  // about 60 atoms
  const int64_t blocks = (tokens + kTokens - 1) / kTokens;
  context.for_each(x.rows / layout.atoms * blocks, [&](int64_t task, Scratch scratch) {
    const int64_t sample = task / blocks, t0 = task % blocks * kTokens, t1 = std::min(tokens, t0 + kTokens);
    const int64_t first = layout.token_first_atom[static_cast<size_t>(t0)];
    const int64_t count = layout.token_first_atom[static_cast<size_t>(t1)] - first;
    const Mat y = scratch.take(count, out.cols);
    gemm(x.rows_at(sample * layout.atoms + first, count), projection, y);
    relu(y);
    for (int64_t t = t0; t < t1; ++t) {
      const Mat sum = out.rows_at(sample * tokens + t, 1);
      std::fill_n(sum.data, sum.cols, 0.0f);
      const int a0 = layout.token_first_atom[static_cast<size_t>(t)],
                a1 = layout.token_first_atom[static_cast<size_t>(t + 1)];
      for (int64_t a = a0; a < a1; ++a) add(y.rows_at(a - first, 1), sum);
      if (a1 > a0) multiply(1.0f / static_cast<float>(a1 - a0), sum);
    }
  });
}

namespace {

// Conditioning and pair logits of the transformers of one encoder, which share their pair features.
std::vector<CrossAttTransformer::Conditioning> condition_transformers(
    const Context& context, const AtomLayout& layout, ConstMat cond, const AtomPairFeatures& pair_features,
    const AtomPairFeatures::Inputs& inputs, std::initializer_list<const CrossAttTransformer*> transformers) {
  std::vector<CrossAttTransformer::Conditioning> out;
  for (const CrossAttTransformer* t : transformers) out.push_back(t->condition(context, layout, cond));
  context.for_each(layout.windows, [&](int64_t window, Scratch scratch) {
    const int64_t queries =
        std::min<int64_t>(featurise::kQueries, layout.atoms - window * featurise::kQueries);
    const Mat z = scratch.take(queries * featurise::kKeys, pair_features.channels());
    pair_features(layout, window, inputs, z, scratch);
    size_t i = 0;
    for (const CrossAttTransformer* t : transformers) t->write_logits(window, z, out[i++], scratch);
  });
  return out;
}

}  // namespace

// --- Encoder of target_feat

TargetFeatAtomEncoder::TargetFeatAtomEncoder(const ParameterReader& diffuser)
    : per_atom_(diffuser.prefixed("evoformer_conditioning_")),
      pair_features_(diffuser.prefixed("evoformer_conditioning_")),
      transformer_(diffuser, "evoformer_conditioning_atom_transformer_encoder"),
      aggregate_(diffuser.linear("evoformer_conditioning_project_atom_features_for_aggr")) {}

void TargetFeatAtomEncoder::operator()(const Context& context, const featurise::Batch& batch,
                                       const AtomLayout& layout, Mat out) const {
  const Tensor<float> cond = per_atom_(context, batch, layout);
  const auto inputs = pair_features_.inputs(context, matrix(cond));
  const auto conditioning =
      condition_transformers(context, layout, matrix(cond), pair_features_, inputs, {&transformer_});
  Tensor<float> act = cond;
  transformer_(context, layout, conditioning[0], matrix(act));
  aggregate_atoms(context, layout, matrix(act), aggregate_, out);
}

// --- Diffusion

DiffusionAtomTransformers::DiffusionAtomTransformers(const ParameterReader& head)
    : per_atom_(head.prefixed("diffusion_")),
      pair_features_(head.prefixed("diffusion_")),
      lnorm_trunk_single_cond_(head.layer_norm("diffusion_lnorm_trunk_single_cond")),
      lnorm_trunk_pair_cond_(head.layer_norm("diffusion_lnorm_trunk_pair_cond")),
      atom_features_layer_norm_(head.layer_norm("diffusion_atom_features_layer_norm")),
      embed_trunk_single_cond_(head.linear("diffusion_embed_trunk_single_cond")),
      embed_trunk_pair_cond_(head.linear("diffusion_embed_trunk_pair_cond")),
      positions_to_features_(head.linear("diffusion_atom_positions_to_features")),
      aggregate_(head.linear("diffusion_project_atom_features_for_aggr")),
      broadcast_(head.linear("diffusion_project_token_features_for_broadcast")),
      position_update_(head.linear("diffusion_atom_features_to_position_update")),
      encoder_(head, "diffusion_atom_transformer_encoder"),
      decoder_(head, "diffusion_atom_transformer_decoder") {}

Tensor<float> DiffusionAtomTransformers::project_pair(const Context& context,
                                                      ConstStoredMat pair_cond) const {
  auto out = Tensor<float>::uninitialised({pair_cond.rows, embed_trunk_pair_cond_.cols()});
  context.for_row_blocks(pair_cond.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, pair_cond.cols);
    lnorm_trunk_pair_cond_(pair_cond.rows_at(first, count), Variance::slow, x);
    gemm(x, embed_trunk_pair_cond_, matrix(out).rows_at(first, count));
  });
  return out;
}

DiffusionAtomTransformers::Prepared DiffusionAtomTransformers::prepare(const Context& context,
                                                                       const featurise::Batch& batch,
                                                                       const AtomLayout& layout,
                                                                       ConstMat single,
                                                                       ConstStoredMat pair_cond) const {
  Prepared out;
  out.cond = per_atom_(context, batch, layout);
  {
    Context::Scope scope(context);
    const Mat x = scope.take(single.rows, single.cols), token_cond = scope.take(single.rows, out.cond.dim(1));
    lnorm_trunk_single_cond_(single, Variance::slow, x);
    gemm(x, embed_trunk_single_cond_, token_cond);
    for (int64_t a = 0; a < layout.atoms; ++a)
      add(token_cond.rows_at(layout.token[static_cast<size_t>(a)], 1), matrix(out.cond).rows_at(a, 1));
  }
  const Tensor<float> trunk_pair = project_pair(context, pair_cond);
  auto inputs = pair_features_.inputs(context, matrix(out.cond));
  inputs.trunk_pair = matrix(trunk_pair);
  auto conditioning = condition_transformers(context, layout, matrix(out.cond), pair_features_, inputs,
                                             {&encoder_, &decoder_});
  out.encoder = std::move(conditioning[0]);
  out.decoder = std::move(conditioning[1]);
  return out;
}

void DiffusionAtomTransformers::encode(const Context& context, const AtomLayout& layout,
                                       const Prepared& prepared, ConstMat positions, Mat skip,
                                       Mat token_act) const {
  context.for_row_blocks(skip.rows, [&](int64_t first, int64_t count, Scratch) {
    const Mat rows = skip.rows_at(first, count);
    for_segments(first, count, layout.atoms, [&](int64_t offset, int64_t position, int64_t length) {
      copy(matrix(prepared.cond).rows_at(position, length), rows.rows_at(offset, length));
    });
    gemm(positions.rows_at(first, count), positions_to_features_, rows, true);
  });
  encoder_(context, layout, prepared.encoder, skip);
  aggregate_atoms(context, layout, skip, aggregate_, token_act);
}

void DiffusionAtomTransformers::decode(const Context& context, const AtomLayout& layout,
                                       const Prepared& prepared, ConstMat token_act, ConstMat skip,
                                       Mat update) const {
  Context::Scope scope(context);
  const Mat act = scope.take(skip.rows, skip.cols), broadcast = scope.take(token_act.rows, skip.cols);
  const auto tokens = static_cast<int64_t>(layout.token_first_atom.size()) - 1;
  context.for_row_blocks(token_act.rows, [&](int64_t first, int64_t count, Scratch) {
    gemm(token_act.rows_at(first, count), broadcast_, broadcast.rows_at(first, count));
  });
  context.for_row_blocks(act.rows, [&](int64_t first, int64_t count, Scratch) {
    copy(skip.rows_at(first, count), act.rows_at(first, count));
    for (int64_t r = first; r < first + count; ++r) {
      const int64_t sample = r / layout.atoms, token = layout.token[static_cast<size_t>(r % layout.atoms)];
      add(broadcast.rows_at(sample * tokens + token, 1), act.rows_at(r, 1));
    }
  });
  decoder_(context, layout, prepared.decoder, act);
  context.for_row_blocks(act.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, act.cols);
    atom_features_layer_norm_(act.rows_at(first, count), Variance::slow, x);
    gemm(x, position_update_, update.rows_at(first, count));
  });
}

}  // namespace pleat
