// The measurements of `pleat bench --device cuda`: operations and parts of the network on a GPU beside the GPU's
// peaks, and from them whole runs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/figures.h"
#include "cuda/backend.h"
#include "cuda/rates.h"
#include "model/model.h"

namespace pleat::bench {

// The settings of the measurements.
struct DeviceSetup {
  std::vector<int> tokens;      // token counts, in increasing order
  model::ModelOptions options;  // samples of a step; samples, recycles, steps and memory of a run
  ops::Arithmetic network = ops::Arithmetic::bfloat16;
  const weights::Parameters& parameters;
  ThreadPool& pool;
  double enough = 0.5;           // seconds for all runs of a timing together
  cuda::RateEffort effort = {};  // for the peaks
};

// The parts that measure_device knows: kernels, block, step, confidence, run.
std::vector<std::string> known_device_parts();

// Notes the peaks, then the parts in the order of known_device_parts. `run` is worked out from block, step and
// confidence at the largest token count, for 1,024 to 5,120 tokens without MSA and templates: each stage takes the
// share of its bound (model/work.h) that was measured. Throws Error when a part does not fit into options.max_memory.
void measure_device(const std::vector<std::string>& parts, const DeviceSetup& setup, cuda::CudaBackend& ops,
                    const std::function<void(const AnyFigure&)>& note);

}  // namespace pleat::bench
