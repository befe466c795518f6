#include "model/evoformer.h"

#include <algorithm>

#include "model/featurization.h"
#include "model/rows.h"

namespace pleat {
namespace {

constexpr int kMsaDepth = 1024;  // rows of the MSA that a pass sees

}  // namespace

Evoformer::Evoformer(const ParameterReader& evoformer)
    : left_right_(evoformer.joined({"left_single", "right_single"})),
      prev_embedding_(evoformer.linear("prev_embedding")),
      single_activations_(evoformer.linear("single_activations")),
      prev_single_embedding_(evoformer.linear("prev_single_embedding")),
      extra_msa_target_feat_(evoformer.linear("extra_msa_target_feat")),
      prev_embedding_layer_norm_(evoformer.layer_norm("prev_embedding_layer_norm")),
      prev_single_embedding_layer_norm_(evoformer.layer_norm("prev_single_embedding_layer_norm")),
      relative_(evoformer.in("~_relative_encoding").weights("position_activations")),
      bond_(evoformer.weights("bond_embedding")),
      msa_activations_(evoformer.linear("msa_activations")),
      template_embedding_(evoformer),
      msa_stack_(layer_stack<EvoformerIteration>(evoformer.in("__layer_stack_no_per_layer").in("msa_stack"),
                                                 "outer_product_mean/layer_norm_input:scale")),
      trunk_(layer_stack<PairFormerIteration>(
          evoformer.in("__layer_stack_no_per_layer_1").in("trunk_pairformer"),
          "single_pair_logits_norm:scale")) {}

// pair_ij = left_i + right_j + W LN(prev_ij) + relative encoding + bonds.
void Evoformer::embed_pair(const Context& context, const featurise::Batch& batch, ConstMat target_feat,
                           StoredMat pair) const {
  Context::Scope scope(context);
  const int64_t tokens = batch.tokens, channels = pair.cols;
  const Mat left_right = scope.take(tokens, 2 * channels);
  gemm(target_feat, left_right_, left_right);
  // Bonds are set, not counted: a pair that is named twice counts once.
  Tensor<uint8_t> bonded({tokens, tokens});
  for (const auto& [from, to] : bonded_tokens(batch)) bonded(from, to) = 1;
  context.for_each(tokens, [&](int64_t i, Scratch scratch) {
    const StoredMat stored = pair.rows_at(i * tokens, tokens);
    const Mat previous = scratch.take(tokens, channels), encoding = scratch.take(tokens, channels);
    const Mat embedded = scratch.take(tokens, channels), rows = scratch.take(tokens, channels);
    prev_embedding_layer_norm_(stored, Variance::fast, previous);
    gemm(previous, prev_embedding_, embedded);
    for (int64_t j = 0; j < tokens; ++j) {
      const RelativeEncoding r = relative_encoding(batch, i, j);
      float *row = rows.row(j), *code = encoding.row(j);
      const float *left = left_right.row(i), *right = left_right.row(j) + channels;
      for (int64_t c = 0; c < channels; ++c) row[c] = left[c] + right[c];
      std::copy_n(&relative_(r.residue), channels, code);
      add_to(code, &relative_(r.token), channels);
      if (r.entity) add_to(code, &relative_(kSameEntityFeature), channels);
      add_to(code, &relative_(r.chain), channels);
    }
    add(embedded, rows);
    add(encoding, rows);
    for (int64_t j = 0; j < tokens; ++j)
      if (bonded(i, j)) add_to(rows.row(j), bond_.data(), channels);
    copy(rows, stored);
  });
}

void Evoformer::embed_msa(const Context& context, const featurise::Batch& batch, ConstMat target_feat,
                          const std::vector<int>& order, Mat msa) const {
  Context::Scope scope(context);
  const Mat extra = scope.take(batch.tokens, msa.cols);
  gemm(target_feat, extra_msa_target_feat_, extra);
  context.for_each(static_cast<int64_t>(order.size()), [&](int64_t s, Scratch scratch) {
    const Mat features = scratch.take(batch.tokens, kMsaFeatures),
              rows = msa.rows_at(s * batch.tokens, batch.tokens);
    for (int64_t i = 0; i < batch.tokens; ++i)
      create_msa_feat(batch, order[static_cast<size_t>(s)], i, features.row(i));
    gemm(features, msa_activations_, rows);
    add(extra, rows);
  });
}

void Evoformer::embed_single(const Context& context, ConstMat target_feat, Mat single) const {
  context.for_row_blocks(single.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat rows = single.rows_at(first, count), previous = scratch.take(count, single.cols);
    prev_single_embedding_layer_norm_(rows, Variance::fast, previous);
    gemm(target_feat.rows_at(first, count), single_activations_, rows);
    gemm(previous, prev_single_embedding_, rows, true);
  });
}

void Evoformer::operator()(const Context& context, const featurise::Batch& batch, ConstMat target_feat,
                           random::Key key, StoredMat pair, Mat single) const {
  embed_pair(context, batch, target_feat, pair);
  template_embedding_(context, batch, pair);
  {
    Context::Scope scope(context);
    const std::vector<int> order = shuffle_msa(batch, random::split(key, 0), kMsaDepth);
    const Mat msa = scope.take(static_cast<int64_t>(order.size()) * batch.tokens, msa_activations_.cols());
    embed_msa(context, batch, target_feat, order, msa);
    for (const EvoformerIteration& block : msa_stack_) block(context, batch.tokens, msa, pair);
  }
  embed_single(context, target_feat, single);
  for (const PairFormerIteration& block : trunk_) block(context, pair, single);
}

}  // namespace pleat
