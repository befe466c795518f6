// The measurements of `pleat bench`: kernels, parts of the network and whole runs, each with the machine's
// peak at that moment.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/cpu.h"
#include "bench/figures.h"
#include "model/model.h"

namespace pleat::bench {

// The settings of the measurements.
struct Setup {
  std::vector<int> tokens;      // token counts, in increasing order
  model::ModelOptions options;  // samples of a step; samples, recycles and steps of a run
  ops::Arithmetic trunk = ops::Arithmetic::float32;
  const weights::Parameters& parameters;
  ThreadPool& pool;
};

// Called with each figure as soon as it is known.
using Note = std::function<void(const AnyFigure&)>;

// The parts that `measure` knows: kernels, block, step, run, memory, scaling, search.
std::vector<std::string> known_parts();

// Bytes that the parts need for one token count of the official network, with a trunk in this arithmetic.
int64_t memory_needed(const std::vector<std::string>& parts, int64_t tokens, int samples,
                      ops::Arithmetic trunk, ThreadPool& pool);

// Measures the peaks of one thread and of a pool's. Logs a warning when other programs take the pool's cores.
void measure_peaks(ThreadPool& pool, const Note& note);

// Measures one part with the instruction set in use.
void measure(const std::string& part, const Setup& setup, const Note& note);

}  // namespace pleat::bench
