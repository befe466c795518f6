// Clashes between chains. docs/specs/outputs.md, section 2.
#pragma once

#include "featurise/structure_layout.h"
#include "output/predicted_atoms.h"

namespace pleat::output {

// Whether a polymer chain has more than 100 clashing atoms, or more than half of its atoms clash. An atom
// clashes with a polymer atom at most 1.1 Angstrom away, in another chain or more than one residue number
// away in the same chain.
bool has_clash(const featurise::StructureLayout& layout, const PredictedAtoms& atoms);

}  // namespace pleat::output
