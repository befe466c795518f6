// One pass of the trunk (the reference's model/network/evoformer.py; algorithm 1, lines 3-13).
#pragma once

#include <functional>
#include <vector>

#include "featurise/batch.h"
#include "model/template_modules.h"
#include "model/trunk_blocks.h"
#include "random/threefry.h"

namespace pleat::model {

class Evoformer {
 public:
  explicit Evoformer(const ParameterReader& evoformer);

  int64_t pair_channels() const { return left_right_.cols() / 2; }
  int64_t single_channels() const { return single_activations_.cols(); }
  // Of the MSA stack and the Pairformer, in one pass.
  int blocks() const { return static_cast<int>(msa_stack_.size() + trunk_.size()); }

  // pair [N * N, C] and single [N, C_s] hold the previous pass (zero before the first) and receive this
  // one's. target_feat [N, C_t]. `key` is this recycle's key. Calls `after_block` after each block.
  void operator()(ops::Backend& ops, const featurise::Batch& batch, const ops::Array& target_feat,
                  random::Key key, ops::Array& pair, ops::Array& single,
                  const std::function<void()>& after_block) const;

 private:
  void embed_pair(ops::Backend& ops, const featurise::Batch& batch, const ops::Array& target_feat,
                  ops::Array& pair) const;
  ops::Array embed_msa(ops::Backend& ops, const featurise::Batch& batch, const ops::Array& target_feat,
                       random::Key key) const;
  void embed_single(ops::Backend& ops, const ops::Array& target_feat, ops::Array& single) const;

  ops::Linear left_right_;
  ops::PairEmbedding pair_embedding_;
  TemplateEmbedding template_embedding_;
  ops::Linear msa_activations_, extra_msa_target_feat_;
  std::vector<EvoformerIteration> msa_stack_;
  ops::LayerNorm prev_single_embedding_layer_norm_;
  ops::Linear single_activations_, prev_single_embedding_;
  std::vector<PairFormerIteration> trunk_;
};

}  // namespace pleat::model
