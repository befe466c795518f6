// The whole network: batch to prediction (the reference's model/model.py, Model.__call__).
#pragma once

#include <functional>
#include <string_view>

#include "base/memory.h"
#include "base/thread_pool.h"
#include "featurise/batch.h"
#include "kernels/context.h"
#include "model/confidence_head.h"
#include "model/diffusion_head.h"
#include "model/distogram_head.h"
#include "model/evoformer.h"
#include "model/prediction.h"
#include "tensor/weights.h"

namespace pleat {

struct ModelOptions {
  int num_recycles = 10;
  int num_diffusion_samples = 5;
  int num_diffusion_steps = 200;
  int64_t max_memory = usable_memory();  // bytes of this process
  // Results that are large and seldom read: left empty in the Prediction where they are not wanted.
  bool keep_distogram = true, keep_pair_embeddings = true;
};

// Called from the predicting thread: `done` of `total` units of a stage ("trunk", "diffusion", "confidence")
// are finished.
using Progress = std::function<void(std::string_view stage, int done, int total)>;

// The diffusion's arithmetic beside a trunk of `arithmetic`.
Arithmetic diffusion_arithmetic(Arithmetic arithmetic);

// How the pair, and what else is as large, lies in memory beside a trunk of `arithmetic`.
Storage pair_storage(Arithmetic arithmetic);

class Model {
 public:
  // Packs the parameters for the instruction set in use (kernels/isa.h), and frees each part as soon as it is
  // packed. They must have passed Parameters::check. arithmetic: of the parts that the reference runs in
  // its working type: trunk, and confidence head up to its logits. The encoder of target_feat and the
  // heads' logits are float32 always; the diffusion is, but that bfloat16 makes it Arithmetic::split.
  Model(Parameters parameters, Arithmetic arithmetic, ThreadPool& pool);

  // Throws Error, before any work, where max_memory is not enough. The same batch, seed, options, weights and
  // instruction set give the same bits on any number of threads.
  Prediction predict(const featurise::Batch& batch, uint32_t seed, const ModelOptions& options,
                     const Progress& progress = {}) const;

 private:
  Tensor<float> target_feat(const featurise::Batch& batch, const AtomLayout& layout) const;

  Context context_;
  DiffusionHead diffusion_head_;  // packed first: the largest part is freed before the others are packed
  Evoformer evoformer_;
  TargetFeatAtomEncoder target_feat_encoder_;
  ConfidenceHead confidence_head_;
  DistogramHead distogram_head_;
};

}  // namespace pleat
