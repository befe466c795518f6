// Confidence of each sample (the reference's model/network/confidence_head.py; algorithm 31).
#pragma once

#include <vector>

#include "featurise/batch.h"
#include "model/modules.h"
#include "model/prediction.h"

namespace pleat {

class ConfidenceHead {
 public:
  explicit ConfidenceHead(const ParameterReader& diffuser);
  // Confidence of sample `sample` of out.atom_positions, written into out's arrays (already of their final
  // shapes).
  void operator()(const Context& context, const featurise::Batch& batch, ConstMat target_feat,
                  ConstStoredMat pair, ConstMat single, int64_t sample, Prediction& out) const;
  // Gives out's confidence arrays their shapes.
  void allocate(const featurise::Batch& batch, int64_t samples, Prediction& out) const;

 private:
  void embed(const Context& context, const featurise::Batch& batch, ConstMat target_feat, int64_t sample,
             const Prediction& out, StoredMat pair) const;
  void distance_error(const Context& context, int64_t tokens, ConstStoredMat pair, int64_t sample,
                      Prediction& out) const;
  void aligned_error(const Context& context, const featurise::Batch& batch, ConstStoredMat pair,
                     int64_t sample, Prediction& out) const;
  void per_atom(const Context& context, ConstMat single, int64_t sample, Prediction& out) const;

  PackedMatrix left_right_;
  Tensor<float> distogram_;
  std::vector<PairFormerIteration> blocks_;
  LayerNorm logits_ln_, pae_logits_ln_, plddt_logits_ln_, resolved_ln_;
  PackedMatrix half_distance_logits_, pae_logits_, plddt_logits_, resolved_logits_;
};

}  // namespace pleat
