// The tokens that have a frame. docs/specs/featurisation.md, section 11.
#pragma once

#include <vector>

#include "featurise/batch.h"
#include "featurise/ref_conformers.h"
#include "featurise/tokens.h"

namespace pleat::featurise {

// Fills frames_mask. Polymer tokens have a frame. A ligand atom has one when its residue has at least three
// tokens and the atom is not collinear with its two nearest atoms in the conformer. `residues` are the
// conformers of the fixed seed.
void fill_frames(const Structure& structure, const Tokens& tokens,
                 const std::vector<ReferenceResidue>& residues, Batch& batch);

}  // namespace pleat::featurise
