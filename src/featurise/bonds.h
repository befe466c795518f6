// Bonds as pairs of tokens. docs/specs/featurisation.md, section 9.
#pragma once

#include <vector>

#include "featurise/batch.h"
#include "featurise/tokens.h"

namespace pleat::featurise {

// The bonds that the network reads, in its order.
struct TokenBonds {
  std::vector<AtomPair> polymer_ligand;        // between the tokens' representative atoms
  std::vector<AtomPair> polymer_ligand_atoms;  // between the bonded atoms
  std::vector<AtomPair> ligand_ligand;         // within and between ligands
};

// Throws Error, placed at "bondedAtomPairs", when the bonds outnumber the network's rows for `bucket`.
TokenBonds token_bonds(const Structure& structure, const Tokens& tokens, int64_t bucket);

// Fills tokens_to_polymer_ligand_bonds, token_atoms_to_polymer_ligand_bonds and
// tokens_to_ligand_ligand_bonds.
void fill_bonds(const TokenBonds& bonds, const Tokens& tokens, int64_t bucket, Batch& batch);

}  // namespace pleat::featurise
