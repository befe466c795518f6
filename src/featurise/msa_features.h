// The MSA of the whole job: every chain's alignments, paired across chains and joined.
// docs/specs/featurisation.md, section 5.
#pragma once

#include <string>

#include "featurise/batch.h"
#include "featurise/tokens.h"
#include "input/fold_input.h"

namespace pleat::featurise {

constexpr size_t kShortestAligned = 5;  // residues; shorter chains get no alignment but the query

// The letters of a polymer's residues that have tokens. A job pairs alignments when its proteins have two or
// more different such sequences.
std::string polymer_sequence(const StructureChain& chain);

// The first row that the chain's alignments must have; a ligand has one gap per token.
std::string query_of(const StructureChain& chain);

// Fills msa, deletion_matrix, profile and deletion_mean. Throws Error naming chain, alignment and row.
void fill_msa(const input::FoldInput& input, const Structure& structure, const Tokens& tokens,
              bool resolve_msa_overlaps, Batch& batch);

}  // namespace pleat::featurise
