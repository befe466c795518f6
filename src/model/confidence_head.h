// Confidence of each sample (the reference's model/network/confidence_head.py; algorithm 31).
#pragma once

#include <vector>

#include "featurise/batch.h"
#include "model/prediction.h"
#include "model/trunk_blocks.h"

namespace pleat::model {

constexpr int kResolvedClasses = 2;  // of an atom: unresolved, resolved

class ConfidenceHead {
 public:
  explicit ConfidenceHead(const ParameterReader& diffuser);
  // Computes the confidence of sample `sample` of out.atom_positions into out's arrays, which allocate() has
  // shaped. The sample's copy of the pair is at `pair_location`.
  void operator()(ops::Backend& ops, const featurise::Batch& batch, const ops::Array& target_feat,
                  const ops::Array& pair, const ops::Array& single, int64_t sample,
                  ops::Location pair_location, Prediction& out) const;
  // Gives out's confidence arrays their shapes.
  void allocate(const featurise::Batch& batch, int64_t samples, Prediction& out) const;

 private:
  void embed(ops::Backend& ops, const featurise::Batch& batch, const ops::Array& target_feat, int64_t sample,
             const Prediction& out, ops::Array& pair) const;
  void distance_error(ops::Backend& ops, const ops::Array& pair, int64_t sample, Prediction& out) const;
  void aligned_error(ops::Backend& ops, const featurise::Batch& batch, const ops::Array& pair, int64_t sample,
                     Prediction& out) const;
  void per_atom(ops::Backend& ops, const ops::Array& single, int64_t sample, Prediction& out) const;

  ops::Linear left_right_;
  ops::Array distogram_;
  std::vector<PairFormerIteration> blocks_;
  ops::LayerNorm logits_ln_, pae_logits_ln_, plddt_logits_ln_, resolved_ln_;
  ops::Linear half_distance_logits_, pae_logits_, plddt_logits_, resolved_logits_;
};

}  // namespace pleat::model
