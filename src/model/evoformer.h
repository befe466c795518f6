// One pass of the trunk (the reference's model/network/evoformer.py; algorithm 1, lines 3-13).
#pragma once

#include "featurise/batch.h"
#include "model/modules.h"
#include "model/template_modules.h"
#include "random/threefry.h"

namespace pleat {

class Evoformer {
 public:
  explicit Evoformer(const ParameterReader& evoformer);

  int64_t pair_channels() const { return left_right_.cols() / 2; }
  int64_t single_channels() const { return single_activations_.cols(); }

  // pair [N * N, C] and single [N, C_s] hold the previous pass (zero before the first) and receive this
  // one's. target_feat [N, C_t]. `key` is the recycle's own.
  void operator()(const Context& context, const featurise::Batch& batch, ConstMat target_feat,
                  random::Key key, StoredMat pair, Mat single) const;

 private:
  void embed_pair(const Context& context, const featurise::Batch& batch, ConstMat target_feat,
                  StoredMat pair) const;
  void embed_msa(const Context& context, const featurise::Batch& batch, ConstMat target_feat,
                 const std::vector<int>& order, Mat msa) const;
  void embed_single(const Context& context, ConstMat target_feat, Mat single) const;

  PackedMatrix left_right_, prev_embedding_, single_activations_, prev_single_embedding_,
      extra_msa_target_feat_;
  LayerNorm prev_embedding_layer_norm_, prev_single_embedding_layer_norm_;
  Tensor<float> relative_, bond_;  // rows of features
  PackedMatrix msa_activations_;
  TemplateEmbedding template_embedding_;
  std::vector<EvoformerIteration> msa_stack_;
  std::vector<PairFormerIteration> trunk_;
};

}  // namespace pleat
