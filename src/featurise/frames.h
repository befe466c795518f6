// Which tokens have a frame. docs/specs/featurisation.md, section 11.
#pragma once

#include <vector>

#include "featurise/batch.h"
#include "featurise/ref_conformers.h"
#include "featurise/tokens.h"

namespace pleat::featurise {

// Fills frames_mask. Polymer tokens have a frame; a ligand atom has one when its residue has three tokens and
// the two nearest atoms of the conformer do not lie on one line with it. `residues` are the conformers of
// the fixed seed.
void fill_frames(const Structure& structure, const Tokens& tokens,
                 const std::vector<ReferenceResidue>& residues, Batch& batch);

}  // namespace pleat::featurise
