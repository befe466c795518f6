// The disordered fraction of the proteins, estimated from exposure (AlphaFold-RSA, Piovesan et al. 2022).
// docs/specs/outputs.md, section 2.
#pragma once

#include <span>
#include <vector>

#include "featurise/structure_layout.h"
#include "output/predicted_atoms.h"

namespace pleat::output {

// The mean of a window of 25 values centred on each value. Reflection extends the ends (periodically when the
// list is shorter than half the window). `values` is not empty.
std::vector<double> windowed_mean(std::span<const double> values);

// The fraction of protein residues whose relative accessibility, averaged over 25 residues, is above 0.581.
// Measures each protein chain alone; chains with the same sequence share the values of the first. Residues
// that lack N, CA, C or O do not count; 0 when none counts.
double fraction_disordered(const featurise::StructureLayout& layout, const PredictedAtoms& atoms);

}  // namespace pleat::output
