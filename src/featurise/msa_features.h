// The MSA of the whole job: every chain's alignments, paired across chains and joined.
// specs/featurisation.md 5.
#pragma once

#include "featurise/batch.h"
#include "featurise/tokens.h"
#include "input/fold_input.h"

namespace pleat {

// Fills msa, deletion_matrix, profile and deletion_mean. Throws Error naming chain, alignment and row.
void fill_msa(const FoldInput& input, const Structure& structure, const Tokens& tokens,
              bool resolve_msa_overlaps, Batch& batch);

}  // namespace pleat
