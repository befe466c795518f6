// How much memory a prediction takes, known before it starts, and what is given up to take less.
#pragma once

#include <cstdint>

#include "ops/backend.h"
#include "weights/network_sizes.h"

namespace pleat::model {

// What the memory depends on beside the network's sizes.
struct PredictionSize {
  int64_t tokens = 0, atoms = 0;
  int64_t msa_rows = 1;  // as given; a pass sees kMsaDepth of them at most
  int64_t samples = 5;
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

// Bytes that the program holds with the parameters packed, and at most while it packs them (Model's
// constructor). Shapes and types of the parameters count, values may be absent.
int64_t held_by_program(const ops::Backend& backend, const weights::Parameters& parameters,
                        ops::Arithmetic arithmetic);
int64_t held_while_packing(const ops::Backend& backend, const weights::Parameters& parameters,
                           ops::Arithmetic arithmetic);

// Throws Error with the numbers when packing the parameters takes more than `limit` bytes.
void require_memory_for_packing(const ops::Backend& backend, const weights::Parameters& parameters,
                                ops::Arithmetic arithmetic, int64_t limit);

// Bytes of a job's features, where the backend's memory is the program's.
int64_t held_by_features(const ops::Backend& backend, const PredictionSize& size);

// The plan of a prediction by a network that stays within `limit` bytes where it can: peak() above the limit
// means that it can't. Sizes are sums of the layers' intermediates (src/model).
MemoryPlan plan_memory(const ops::Backend& backend, const weights::NetworkSizes& network,
                       const PredictionSize& size, ops::Arithmetic arithmetic, int64_t held, int64_t limit);

// The same; throws Error with the numbers when the prediction can't stay within the limit.
MemoryPlan require_memory(const ops::Backend& backend, const weights::NetworkSizes& network,
                          const PredictionSize& size, ops::Arithmetic arithmetic, int64_t held,
                          int64_t limit);

}  // namespace pleat::model
