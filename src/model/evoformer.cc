#include "model/evoformer.h"

#include "model/featurization.h"

namespace pleat::model {

using featurise::Batch;
using ops::Array;
using ops::Variance;

Evoformer::Evoformer(const ParameterReader& evoformer)
    : left_right_(evoformer.joined({"left_single", "right_single"})),
      pair_embedding_{evoformer.layer_norm("prev_embedding_layer_norm", Variance::fast),
                      evoformer.linear("prev_embedding"),
                      evoformer.in("~_relative_encoding").table("position_activations"),
                      evoformer.table("bond_embedding")},
      template_embedding_(evoformer),
      msa_activations_(evoformer.linear("msa_activations")),
      extra_msa_target_feat_(evoformer.linear("extra_msa_target_feat")),
      msa_stack_(layer_stack<EvoformerIteration>(evoformer.in("__layer_stack_no_per_layer").in("msa_stack"),
                                                 "outer_product_mean/layer_norm_input:scale")),
      prev_single_embedding_layer_norm_(
          evoformer.layer_norm("prev_single_embedding_layer_norm", Variance::fast)),
      single_activations_(evoformer.linear("single_activations")),
      prev_single_embedding_(evoformer.linear("prev_single_embedding")),
      trunk_(layer_stack<PairFormerIteration>(
          evoformer.in("__layer_stack_no_per_layer_1").in("trunk_pairformer"),
          "single_pair_logits_norm:scale")) {}

// pair_ij = left_i + right_j + W LN(prev_ij) + relative encoding + bonds.
void Evoformer::embed_pair(ops::Backend& ops, const Batch& batch, const Array& target_feat,
                           Array& pair) const {
  const Array tokens = ops.upload(token_identities(batch)), bonds = ops.upload(bonded_tokens(batch));
  const Array left_right = ops.linear(target_feat, left_right_);
  ops.embed_pair(pair_embedding_, tokens, left_right, bonds, pair);
}

// msa_si = W features_si + W' target_feat_i, for the rows drawn in this recycle.
Array Evoformer::embed_msa(ops::Backend& ops, const Batch& batch, const Array& target_feat,
                           random::Key key) const {
  const Array letters = ops.upload(msa_letters(batch, shuffle_msa(batch, split(key, 0), kMsaDepth)));
  const Array extra = ops.linear(target_feat, extra_msa_target_feat_);
  return ops.embed_msa(letters, msa_activations_, extra);
}

// single = W target_feat + W' LN(prev).
void Evoformer::embed_single(ops::Backend& ops, const Array& target_feat, Array& single) const {
  const Array previous = ops.norm(single, prev_single_embedding_layer_norm_);
  Array embedded = ops.linear(target_feat, single_activations_);
  ops.add_linear(previous, prev_single_embedding_, embedded);
  ops.copy(embedded, single);
}

void Evoformer::operator()(ops::Backend& ops, const Batch& batch, const Array& target_feat, random::Key key,
                           Array& pair, Array& single, const std::function<void()>& after_block) const {
  embed_pair(ops, batch, target_feat, pair);
  template_embedding_(ops, batch, pair);
  {
    Array msa = embed_msa(ops, batch, target_feat, key);
    for (const EvoformerIteration& block : msa_stack_) {
      block(ops, msa, pair);
      after_block();
    }
  }
  embed_single(ops, target_feat, single);
  for (const PairFormerIteration& block : trunk_) {
    block(ops, pair, single);
    after_block();
  }
}

}  // namespace pleat::model
