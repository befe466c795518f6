// Plans the memory of a prediction before it starts, and trades time for memory if necessary.
#pragma once

#include <cstdint>

#include "ops/backend.h"
#include "weights/network_sizes.h"

namespace pleat::model {

// The sizes of a prediction that its memory depends on, besides the network's.
struct PredictionSize {
  int64_t tokens = 0, atoms = 0;
  int64_t msa_rows = 1;  // as given; a pass uses at most kMsaDepth of them
  int64_t samples = 5;
  bool keep_distogram = false, keep_pair_embeddings = false;  // ModelOptions
};

// Peak bytes in each stage, including everything held during it.
struct MemoryPlan {
  int64_t held = 0;  // before the first stage: the program, its packed parameters and the features
  int64_t trunk = 0, diffusion = 0, confidence = 0;
  int64_t trunk_block = 0;  // of one of the trunk's pairformer blocks
  // Whether the diffusion keeps the pair logits of all its blocks (Transformer::PairLogits), or computes them
  // again in each step: less memory, more time.
  bool keep_pair_logits = true;
  // Whether a device's pair, and each sample's copy of it in the confidence head, are in the host's memory; and the
  // bytes that they take there. It is slower, and chosen only if a prediction does not fit otherwise.
  bool pair_on_host = false;
  int64_t host = 0;

  int64_t peak() const;  // without `host`
};

// Bytes that the program holds with packed parameters, and its peak while packing them (Model's constructor).
// Needs only the parameters' shapes and types.
int64_t held_by_program(const ops::Backend& backend, const weights::Parameters& parameters,
                        ops::Arithmetic arithmetic);
int64_t held_while_packing(const ops::Backend& backend, const weights::Parameters& parameters,
                           ops::Arithmetic arithmetic);

// Throws Error with the numbers when packing the parameters takes more than `limit` bytes.
void require_memory_for_packing(const ops::Backend& backend, const weights::Parameters& parameters,
                                ops::Arithmetic arithmetic, int64_t limit);

// Bytes of a job's features, if the backend's memory is the program's.
int64_t held_by_features(const ops::Backend& backend, const PredictionSize& size);

// The plan of a prediction within `limit` bytes. A peak() above the limit means that the prediction does not
// fit. Sizes are sums of the layers' intermediates (src/model).
MemoryPlan plan_memory(const ops::Backend& backend, const weights::NetworkSizes& network,
                       const PredictionSize& size, ops::Arithmetic arithmetic, int64_t held, int64_t limit);

// The same; throws Error with the numbers when the prediction does not fit.
MemoryPlan require_memory(const ops::Backend& backend, const weights::NetworkSizes& network,
                          const PredictionSize& size, ops::Arithmetic arithmetic, int64_t held,
                          int64_t limit);

}  // namespace pleat::model
