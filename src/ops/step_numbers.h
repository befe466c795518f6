// The numbers of a step of the diffusion (algorithm 18), which its operations read from an array.
#pragma once

#include <cstdint>

namespace pleat::ops {

// Columns of [1, kStepNumbers]. Backend::augment, network_input and sampler_update say what each is for.
enum StepNumber : int64_t { kNoiseScale, kInputScale, kKeep, kChange, kNoiseLevel, kStepSize, kStepNumbers };

}  // namespace pleat::ops
