// How much memory a prediction takes, known before it starts, and what is given up to take less.
#pragma once

#include <cstdint>

#include "kernels/gemm.h"

namespace pleat {

// What the network's memory depends on.
struct PredictionSize {
  int64_t tokens = 0, atoms = 0;
  int64_t msa_rows = 1;  // as given; a pass sees 1024 of them at most
  int64_t samples = 5;
  int threads = 1;
  bool keep_distogram = false, keep_pair_embeddings = false;  // ModelOptions
};

// Bytes held at the peak of each stage, with all that is held beside it.
struct MemoryPlan {
  int64_t held = 0;  // before the first stage: the program, its packed parameters and the features
  int64_t trunk = 0, diffusion = 0, confidence = 0;
  int64_t trunk_block = 0;  // of the trunk, one of its pairformer's blocks
  // Whether the diffusion keeps the pair logits of all its blocks (Transformer::PairLogits), or makes them
  // anew in each step: less memory, more time.
  bool keep_pair_logits = true;

  int64_t peak() const;
};

// Bytes that the program holds with the official network's packed parameters, and at most while it packs
// them (Model's constructor).
int64_t held_by_program(Arithmetic arithmetic);
int64_t held_while_packing(Arithmetic arithmetic);

// Bytes of a job's features.
int64_t held_by_features(const PredictionSize& size);

// The plan of a prediction by the official network that stays within `limit` bytes where it can: peak() above
// the limit means that it can't. Sizes are sums of the layers' intermediates (src/model).
MemoryPlan plan_memory(const PredictionSize& size, Arithmetic arithmetic, int64_t held, int64_t limit);

// The same; throws Error with the numbers when the prediction can't stay within the limit.
MemoryPlan require_memory(const PredictionSize& size, Arithmetic arithmetic, int64_t held, int64_t limit);

}  // namespace pleat
