// The MSA of the whole job: every chain's alignments, paired across chains and joined.
// specs/featurisation.md 5.
#pragma once

#include <string_view>

#include "featurise/batch.h"
#include "featurise/tokens.h"
#include "input/fold_input.h"

namespace pleat {

constexpr size_t kShortestAligned = 5;  // residues; shorter chains have their query alone

// The letter that a polymer's component has in the first row of its alignments.
char query_letter(std::string_view component, ChainType type);

// Fills msa, deletion_matrix, profile and deletion_mean. Throws Error naming chain, alignment and row.
void fill_msa(const FoldInput& input, const Structure& structure, const Tokens& tokens,
              bool resolve_msa_overlaps, Batch& batch);

}  // namespace pleat
