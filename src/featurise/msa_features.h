// The MSA of the whole job: every chain's alignments, paired across chains and joined.
// docs/specs/featurisation.md, section 5.
#pragma once

#include <string>

#include "featurise/batch.h"
#include "featurise/tokens.h"
#include "input/fold_input.h"

namespace pleat::featurise {

constexpr size_t kShortestAligned = 5;  // residues; shorter chains have their query alone

// The letters of a polymer's residues that have tokens. Two different ones among a job's proteins make it
// pair their alignments.
std::string polymer_sequence(const StructureChain& chain);

// What the chain's alignments must start with; ligands are one gap per token.
std::string query_of(const StructureChain& chain);

// Fills msa, deletion_matrix, profile and deletion_mean. Throws Error naming chain, alignment and row.
void fill_msa(const input::FoldInput& input, const Structure& structure, const Tokens& tokens,
              bool resolve_msa_overlaps, Batch& batch);

}  // namespace pleat::featurise
