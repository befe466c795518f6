// Distances between tokens from the pair representation (the reference's model/network/distogram_head.py).
// Float32.
#pragma once

#include "model/parameter_reader.h"
#include "model/prediction.h"

namespace pleat::model {

class DistogramHead {
 public:
  explicit DistogramHead(const ParameterReader& diffuser);
  // Writes the bin edges of the distogram l_ij + l_ji, contact_probs (the probability of a distance up to 8
  // Angstrom) and, with `keep`, the distogram itself.
  void operator()(ops::Backend& ops, const ops::Array& pair, bool keep, Prediction& out) const;

 private:
  ops::Linear half_logits_;
};

}  // namespace pleat::model
