// Per-token features. docs/specs/featurisation.md, sections 7 and 11.
#pragma once

#include "chem/ccd.h"
#include "featurise/batch.h"
#include "featurise/tokens.h"

namespace pleat::featurise {

// Fills residue_index, token_index, aatype, the chain ids, the is_* flags, residue_center_index and
// pred_dense_atom_mask.
void fill_token_features(const Structure& structure, const Tokens& tokens, Batch& batch);

// Fills token_atoms_to_pseudo_beta: CB or CA of amino acids, C4 of purines, C2 of other bases, the atom of a
// ligand token; in other tokens the first atom.
void fill_pseudo_beta(const Structure& structure, const Tokens& tokens, int64_t bucket, Batch& batch);

}  // namespace pleat::featurise
