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
  // Results that are large and seldom read: left empty in the Prediction where they are not wanted.
  bool keep_distogram = true, keep_pair_embeddings = true;
};

// Called from the predicting thread: `done` of `total` units of a stage ("trunk", "diffusion", "confidence")
// are finished.
using Progress = std::function<void(std::string_view stage, int done, int total)>;

// The diffusion's arithmetic beside a trunk of `arithmetic`.
ops::Arithmetic diffusion_arithmetic(ops::Arithmetic arithmetic);

// How pair-sized activations are stored beside a trunk of `arithmetic`.
ops::Type pair_type(ops::Arithmetic arithmetic);

class Model {
 public:
  // Packs the parameters for `ops`, and frees each part as soon as it is packed. They must have passed
  // Parameters::check; `ops` must outlive the model. arithmetic: of the parts that the reference runs in its
  // working type: trunk, and confidence head up to its logits. The encoder of target_feat and the heads'
  // logits are float32 always; the diffusion is, but that bfloat16 makes it Arithmetic::split.
  Model(weights::Parameters parameters, ops::Arithmetic arithmetic, ops::Backend& ops);

  // Throws Error, before any work, where max_memory is not enough. The same batch, seed, options, weights and
  // backend give the same bits on any number of threads.
  Prediction predict(const featurise::Batch& batch, uint32_t seed, const ModelOptions& options,
                     const Progress& progress = {}) const;

 private:
  ops::Array target_feat(const featurise::Batch& batch, const AtomLayout& layout) const;

  ops::Backend& ops_;
  ops::Arithmetic arithmetic_;
  weights::NetworkSizes sizes_;
  DiffusionHead diffusion_head_;  // packed first: the largest part is freed before the others are packed
  Evoformer evoformer_;
  TargetFeatAtomEncoder target_feat_encoder_;
  ConfidenceHead confidence_head_;
  DistogramHead distogram_head_;
};

}  // namespace pleat::model
