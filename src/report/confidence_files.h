// Reads the confidence files of a sample.
#pragma once

#include <string>
#include <vector>

#include "output/confidences.h"

namespace pleat::report {

// NAME_confidences.json.
struct FullConfidences {
  std::vector<float> atom_plddts;
  std::vector<float> contact_probs, pae;  // [n, n]; NaN where null
  std::vector<std::string> token_chains;  // [n]
  std::vector<int> token_residues;        // [n]
};

// Throws Error, with an empty place, when the text is not JSON, a key is missing, or sizes contradict each
// other.
FullConfidences read_confidences(const std::string& json);

// NAME_summary_confidences.json; NaN for null. Throws Error as above.
output::Confidences read_summary(const std::string& json);

}  // namespace pleat::report
