// Distances between tokens from the pair representation (the reference's model/network/distogram_head.py).
// Float32.
#pragma once

#include "kernels/context.h"
#include "model/parameter_reader.h"
#include "model/prediction.h"

namespace pleat {

class DistogramHead {
 public:
  explicit DistogramHead(const ParameterReader& diffuser);
  // Writes distogram = l_ij + l_ji, its bin edges, and contact_probs: the probability of a distance up to 8
  // Angstrom.
  void operator()(const Context& context, int64_t tokens, ConstMat pair, Prediction& out) const;

 private:
  PackedMatrix half_logits_;
};

}  // namespace pleat
