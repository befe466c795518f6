// Estimates the size of a job, and the memory and time that it needs on this machine.
#pragma once

#include "bench/calibration.h"
#include "chem/ccd.h"
#include "cuda/rates.h"
#include "featurise/featurise.h"
#include "model/memory_plan.h"
#include "model/model.h"

namespace pleat::bench {

constexpr int64_t kAssumedRows = 1024;  // of a missing MSA: as many as a trunk pass reads

struct JobSize {
  int64_t tokens = 0, atoms = 0;
  int64_t bucket = 0;                   // tokens after padding
  int64_t msa_rows = 1, templates = 0;  // of the chain with the most
  // Whether the job has all its MSAs and templates. Missing ones are assumed: kAssumedRows, kTemplates.
  bool complete = true;
};

// components: the dictionary with the job's own components. Throws Error as featurise::structure_layout does.
JobSize job_size(const input::FoldInput& job, const chem::Ccd& components,
                 const featurise::FeaturiseOptions& options);

// The properties of a network that an estimate needs.
struct Network {
  weights::NetworkSizes sizes;
  int64_t held, held_while_packing;  // bytes of the program and its parameters (model/memory_plan.h)
};

// The values of the parameters may be absent.
Network network_of(const ops::Backend& ops, const weights::Parameters& parameters,
                   ops::Arithmetic arithmetic);

// The memory of one seed, with the program and the parameters.
model::MemoryPlan memory_of(const ops::Backend& ops, const Network& network, const JobSize& size,
                            ops::Arithmetic arithmetic, const model::ModelOptions& options);

// The seconds of one seed's stages.
struct StageSeconds {
  double features, trunk, diffusion, confidence;
  double sum() const { return features + trunk + diffusion + confidence; }
};

// keep_pair_logits: MemoryPlan::keep_pair_logits.
StageSeconds seconds_of_seed(const weights::NetworkSizes& network, const JobSize& size, bool keep_pair_logits,
                             const model::ModelOptions& options, const Calibration& calibration);

// The least seconds that a GPU with these rates takes (model::least_seconds of each stage); no features.
StageSeconds least_seconds_of_seed(const weights::NetworkSizes& network, const JobSize& size,
                                   bool keep_pair_logits, const model::ModelOptions& options,
                                   ops::Arithmetic arithmetic, const cuda::Rates& rates);

}  // namespace pleat::bench
