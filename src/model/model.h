// The whole network: batch to prediction (the reference's model/model.py, Model.__call__).
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/memory.h"
#include "featurise/batch.h"
#include "model/confidence_head.h"
#include "model/diffusion_head.h"
#include "model/distogram_head.h"
#include "model/evoformer.h"
#include "model/prediction.h"
#include "ops/backend.h"
#include "weights/parameters.h"

namespace pleat::model {

struct ModelOptions {
  int num_recycles = 10;
  int num_diffusion_samples = 5;
  // Which of them are wanted, in rising order; empty: all. Each has the bits that it has among all.
  std::vector<int> samples;
  int num_diffusion_steps = 200;
  int64_t max_memory = usable_memory();  // bytes of this process, or of the device
  // Large results that few users read; empty in the Prediction when off.
  bool keep_distogram = true, keep_pair_embeddings = true;
};

// Called from the predicting thread after `done` of `total` units of a stage: blocks of all passes of the "trunk",
// steps of the "diffusion", samples of the "confidence". What it throws ends the prediction.
using Progress = std::function<void(std::string_view stage, int done, int total)>;

// A network's arithmetic names that of its parts: float32 everywhere; bfloat16: bfloat16 in the trunk, split in the
// diffusion; tf32, the reference's own on a GPU: bfloat16 in the trunk, tf32 in the diffusion. Networks are not
// split.
ops::Arithmetic trunk_arithmetic(ops::Arithmetic network);
ops::Arithmetic diffusion_arithmetic(ops::Arithmetic network);

// The type of pair-sized activations.
ops::Type pair_type(ops::Arithmetic network);

class Model {
 public:
  // Packs the parameters for `ops`, and frees each part after packing it. The parameters must have passed
  // Parameters::check; `ops` must outlive the model. `arithmetic`: the network's. The trunk's is also that of the
  // confidence head up to its logits (the parts that the reference runs in its working type). The encoder of
  // target_feat and the heads' logits are always float32.
  Model(weights::Parameters parameters, ops::Arithmetic arithmetic, ops::Backend& ops);

  // Throws Error, before any work, when max_memory is too small. The same batch, seed, options, weights and
  // backend give the same bits with any number of threads.
  Prediction predict(const featurise::Batch& batch, uint32_t seed, const ModelOptions& options,
                     const Progress& progress = {}) const;

 private:
  ops::Array target_feat(const featurise::Batch& batch, const AtomLayout& layout) const;

  ops::Backend& ops_;
  ops::Arithmetic arithmetic_;
  weights::NetworkSizes sizes_;
  DiffusionHead diffusion_head_;  // packed first, to free the largest part before packing the others
  Evoformer evoformer_;
  TargetFeatAtomEncoder target_feat_encoder_;
  ConfidenceHead confidence_head_;
  DistogramHead distogram_head_;
};

}  // namespace pleat::model
