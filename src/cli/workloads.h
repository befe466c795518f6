// Parts of the network ready to be timed on made-up parameters: their values do not change the time.
#pragma once

#include <functional>

#include "base/stopwatch.h"
#include "featurise/featurise.h"
#include "model/model.h"

namespace pleat::cli {

// Wall seconds of one run of `work`.
template <class Run>
double seconds_of(Run&& work) {
  const Stopwatch watch;
  work();
  return watch.seconds();
}

// The least seconds of several runs, after one that is not counted because it is the first to touch its
// memory, until they took `enough` together (three at least, or ten seconds): what disturbs a run only makes
// it slower. A first run of more than a hundred seconds counts, alone.
double least_seconds(double enough, const std::function<void()>& work);

// Numbers between -1 and 1, the same in every call.
Tensor<float> random_tensor(const Shape& shape);

// A job of one protein of random residues, the same in every call, without MSA and templates.
input::FoldInput random_protein(int64_t residues);

// One block of the trunk (PairFormerIteration) on random activations.
class TrunkBlock {
 public:
  TrunkBlock(const weights::Parameters& parameters, ops::Arithmetic arithmetic, ops::Backend& ops);
  // Least seconds of a block; the pair is stored as beside a trunk in this arithmetic.
  double time(int64_t tokens, double enough) const;

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
  // Goes on from where the run before left the activations.
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
  // arithmetic: of the trunk beside it.
  DiffusionSteps(const weights::Parameters& parameters, ops::Arithmetic arithmetic, ops::Backend& ops);
  struct Seconds {
    double preparation = 0, step = 0;  // of all samples
  };
  // The preparation's seconds, and the least seconds of a step, of those after the first. At least two steps.
  Seconds time(const featurise::Batch& batch, int samples, int steps, bool keep_pair_logits) const;

 private:
  weights::NetworkSizes sizes_;
  ops::Arithmetic trunk_;
  ops::Backend& ops_;
  model::DiffusionHead head_;
};

}  // namespace pleat::cli
