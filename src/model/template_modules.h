// Templates (the reference's model/network/template_modules.py; algorithm 16).
#pragma once

#include <vector>

#include "featurise/batch.h"
#include "model/trunk_blocks.h"

namespace pleat::model {

class TemplateEmbedding {
 public:
  explicit TemplateEmbedding(const ParameterReader& evoformer);
  // pair [N * N, C] += the embedding of the batch's four templates. Empty templates contribute too; templates
  // with equal features are computed once.
  void operator()(ops::Backend& ops, const featurise::Batch& batch, ops::Array& pair) const;

 private:
  void embed(ops::Backend& ops, const featurise::Batch& batch, int64_t t, const ops::Array& pair,
             ops::Array& act) const;

  ops::TemplateEmbedding features_;
  std::vector<PairLayers> blocks_;
  ops::LayerNorm output_layer_norm_;
  ops::Linear output_linear_;
};

}  // namespace pleat::model
