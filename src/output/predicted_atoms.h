// The atoms of one predicted sample in file order: gathered from the network's dense layout.
// docs/specs/outputs.md, section 1.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "featurise/structure_layout.h"
#include "model/prediction.h"

namespace pleat::output {

using Point = std::array<float, 3>;

// Parallel to StructureLayout::atoms.
struct PredictedAtoms {
  std::vector<Point> positions;  // Angstrom
  std::vector<float> plddts;     // 0..100
};

// Sample `sample` of `prediction`. Atoms without a slot get position (0, 0, 0) and pLDDT 0, with a warning.
// Throws Error at the place `where` when a coordinate is not finite or a pLDDT lies outside 0..100.
PredictedAtoms predicted_atoms(const model::Prediction& prediction, int64_t sample,
                               const featurise::StructureLayout& layout, const std::string& where);

}  // namespace pleat::output
