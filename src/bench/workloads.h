// Parts of the network for timing. Made-up parameters suffice: values do not change the time.
#pragma once

#include "bench/timing.h"
#include "featurise/featurise.h"
#include "model/model.h"

namespace pleat::bench {

// Numbers between -1 and 1, the same in every call.
Tensor<float> random_tensor(const Shape& shape);

// A job of one protein of random residues, the same in every call, without MSA and templates.
input::FoldInput random_protein(int64_t residues);

// A pair [N * N, C] of random rows, in the type that goes with the network's arithmetic.
ops::Array random_pair(ops::Backend& ops, const weights::NetworkSizes& sizes, int64_t tokens,
                       ops::Arithmetic arithmetic);

// One block of the trunk (PairFormerIteration) on random activations.
class TrunkBlock {
 public:
  TrunkBlock(const weights::Parameters& parameters, ops::Arithmetic arithmetic, ops::Backend& ops);
  // The least time of a block (least_time); the pair has the type that goes with the trunk's arithmetic.
  Timing time(int64_t tokens, double enough) const;

 private:
  weights::NetworkSizes sizes_;
  ops::Arithmetic arithmetic_;
  ops::Backend& ops_;
  model::PairFormerIteration block_;
};

// A pass of the trunk (Evoformer) on random activations.
class TrunkPass {
 public:
  TrunkPass(const weights::Parameters& parameters, ops::Arithmetic arithmetic, ops::Backend& ops,
            const featurise::Batch& batch);
  // Starts from the activations of the previous run.
  void run();

 private:
  ops::Backend& ops_;
  const featurise::Batch& batch_;
  weights::NetworkSizes sizes_;
  model::Evoformer evoformer_;
  ops::Array pair_, single_, target_feat_;
};

// The diffusion on random activations of the trunk.
class DiffusionSteps {
 public:
  // arithmetic: the trunk's.
  DiffusionSteps(const weights::Parameters& parameters, ops::Arithmetic arithmetic, ops::Backend& ops);
  struct Times {
    Elapsed preparation;  // before the first step
    Timing step;          // of all samples
  };
  // Times one diffusion of `steps` steps, at least two. The first step touches its memory and does not count.
  Times time(const featurise::Batch& batch, int samples, int steps, bool keep_pair_logits) const;

 private:
  weights::NetworkSizes sizes_;
  ops::Arithmetic trunk_;
  ops::Backend& ops_;
  model::DiffusionHead head_;
};

// The confidence head of one sample on random activations of the trunk.
class ConfidenceSample {
 public:
  ConfidenceSample(const weights::Parameters& parameters, ops::Arithmetic arithmetic, ops::Backend& ops);
  // The least time of a sample (least_time).
  Timing time(const featurise::Batch& batch, double enough) const;

 private:
  weights::NetworkSizes sizes_;
  ops::Arithmetic arithmetic_;
  ops::Backend& ops_;
  model::ConfidenceHead head_;
};

}  // namespace pleat::bench
