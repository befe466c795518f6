// Counts the floating-point operations of a prediction: two for each multiplication in the network's matrix
// products. Operations between products (norms, softmax, gates) do not count.
#pragma once

#include <cstdint>

#include "weights/network_sizes.h"

namespace pleat::model {

// The sizes of a prediction that its work depends on, besides the network's.
struct WorkSize {
  int64_t tokens = 0, atoms = 0;
  int64_t msa_rows = 1;             // as given; a pass uses at most kMsaDepth of them
  int64_t template_embeddings = 1;  // 1 to 4: equal neighbours among the four templates share one
  int64_t samples = 5;
  bool keep_pair_logits = true;  // MemoryPlan::keep_pair_logits
};

// One block of the trunk (PairFormerIteration). For the official network: 1.12e6 N^2 + 1536 N^3 + a cost per
// token.
double pairformer_work(const weights::NetworkSizes& network, int64_t tokens);
// One block of the MSA stack (EvoformerIteration).
double msa_block_work(const weights::NetworkSizes& network, int64_t tokens, int64_t msa_rows);

// The stages of a prediction (Model::predict) in their order.
struct Work {
  double target_feat = 0;
  double trunk_pass = 0;             // one of recycles + 1
  double diffusion_preparation = 0;  // before the first step
  double diffusion_step = 0;         // of all samples
  double confidence_sample = 0;      // one of the samples
  double distogram = 0;
};
Work work_of(const weights::NetworkSizes& network, const WorkSize& size);

// A whole prediction.
double total_work(const weights::NetworkSizes& network, const WorkSize& size, int recycles, int steps);

}  // namespace pleat::model
