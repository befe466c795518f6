// Counts what a prediction takes of a machine: the operations of its products, the bytes that its operations move, and
// their exponentials. A stage takes at least as long as the slowest of the three.
#pragma once

#include <cstdint>

#include "ops/weights.h"
#include "weights/network_sizes.h"

namespace pleat::model {

struct Cost {
  // Two for each multiplication in the network's matrix products.
  double operations = 0;
  // Each operation of ops::Backend reads its operands and weight matrices once and writes its results once, in the types
  // in which they are kept; an array that it updates is read and written. What an operation makes and uses itself does
  // not count, nor do the small: tables, norms, biases, integers, and transfers from and to the host.
  double bytes = 0;
  // One for each logit of a softmax, each sigmoid and each swish.
  double exponentials = 0;

  friend Cost operator+(const Cost& a, const Cost& b) {
    return {a.operations + b.operations, a.bytes + b.bytes, a.exponentials + b.exponentials};
  }
  friend Cost operator*(double count, const Cost& c) {
    return {count * c.operations, count * c.bytes, count * c.exponentials};
  }
  Cost& operator+=(const Cost& c) { return *this = *this + c; }
};

// What a machine does in a second.
struct MachineRates {
  double operations = 0, bytes = 0, exponentials = 0;
};
// The seconds that the machine takes at least: the slowest of products, memory and exponentials, as if each ran
// beside the others (a roofline).
double least_seconds(const Cost& cost, const MachineRates& rates);

// The sizes of a prediction that its work depends on, besides the network's.
struct WorkSize {
  int64_t tokens = 0, atoms = 0;
  int64_t msa_rows = 1;             // as given; a pass uses at most kMsaDepth of them
  int64_t template_embeddings = 1;  // 1 to 4: equal neighbours among the four templates share one
  int64_t samples = 5;
  bool keep_pair_logits = true;                           // MemoryPlan::keep_pair_logits
  ops::Arithmetic arithmetic = ops::Arithmetic::float32;  // the network's (model.h)
};

// One block of the trunk (PairFormerIteration). For the official network: 1.12e6 N^2 + 1536 N^3 operations + a cost per
// token.
Cost pairformer_work(const weights::NetworkSizes& network, int64_t tokens,
                     ops::Arithmetic arithmetic = ops::Arithmetic::float32);
// One block of the MSA stack (EvoformerIteration).
Cost msa_block_work(const weights::NetworkSizes& network, int64_t tokens, int64_t msa_rows,
                    ops::Arithmetic arithmetic = ops::Arithmetic::float32);

// The stages of a prediction (Model::predict) in their order.
struct Work {
  Cost target_feat;
  Cost trunk_pass;             // one of recycles + 1
  Cost diffusion_preparation;  // before the first step
  Cost diffusion_step;         // of all samples
  Cost confidence_sample;      // one of the samples
  Cost distogram;              // without keeping its logits
};
Work work_of(const weights::NetworkSizes& network, const WorkSize& size);

// A whole prediction.
Cost total_work(const weights::NetworkSizes& network, const WorkSize& size, int recycles, int steps);

}  // namespace pleat::model
