// How much of the protein is disordered, judged by its exposure (AlphaFold-RSA, Piovesan et al. 2022).
// docs/specs/outputs.md, section 2.
#pragma once

#include <span>
#include <vector>

#include "featurise/structure_layout.h"
#include "output/predicted_atoms.h"

namespace pleat::output {

// The mean of a window of 25 values centred on each value, the ends continued by reflection (periodically
// where the list is shorter than the window's half). `values` is not empty.
std::vector<double> windowed_mean(std::span<const double> values);

// The fraction of protein residues whose relative accessibility, averaged over 25 residues, is above 0.581.
// Each protein chain is measured alone, and chains of one sequence share the values of the first. Residues
// without N, CA, C and O do not count; 0 where none counts.
double fraction_disordered(const featurise::StructureLayout& layout, const PredictedAtoms& atoms);

}  // namespace pleat::output
