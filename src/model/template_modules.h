// Templates (the reference's model/network/template_modules.py; algorithm 16).
#pragma once

#include <vector>

#include "featurise/batch.h"
#include "model/modules.h"

namespace pleat {

class TemplateEmbedding {
 public:
  explicit TemplateEmbedding(const ParameterReader& evoformer);
  // pair [N * N, C] += the embedding of the batch's four templates. Empty templates contribute too; templates
  // with equal features are computed once.
  void operator()(const Context& context, const featurise::Batch& batch, StoredMat pair) const;

 private:
  struct Geometry;
  void embed(const Context& context, const featurise::Batch& batch, int64_t t, ConstStoredMat pair,
             StoredMat act) const;
  void add_pair_features(const featurise::Batch& batch, int64_t t, const Geometry& geometry, int64_t i,
                         Mat rows) const;

  // Weights of the features in the reference's numbering; 8 projects the query pair.
  Tensor<float> dgram_, pseudo_beta_mask_, aatype_j_, aatype_i_, unit_x_, unit_y_, unit_z_, backbone_mask_;
  LayerNorm query_embedding_norm_, output_layer_norm_;
  PackedMatrix query_, output_linear_;
  std::vector<PairLayers> blocks_;
};

}  // namespace pleat
