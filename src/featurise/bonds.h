// Bonds as pairs of tokens. docs/specs/featurisation.md, section 9.
#pragma once

#include "featurise/batch.h"
#include "featurise/tokens.h"

namespace pleat::featurise {

// Fills tokens_to_polymer_ligand_bonds, token_atoms_to_polymer_ligand_bonds and
// tokens_to_ligand_ligand_bonds. Throws Error when there are more bonds than rows for them.
void fill_bonds(const Structure& structure, const Tokens& tokens, int64_t bucket, Batch& batch);

}  // namespace pleat::featurise
