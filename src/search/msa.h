// From the hits of each database to a chain's MSAs. docs/specs/hmmer-search.md, section 6; the reference's
// data/msa.py and data/pipeline.py.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/search_engine.h"

namespace pleat::search {

enum class SequenceDatabase { uniref90, small_bfd, mgnify, uniprot, nt_rna, rfam, rna_central };

// How a database is searched.
struct DatabaseRule {
  MsaSearch::Kind kind;
  int max_sequences;  // rows of its MSA at most, the query among them
};
const DatabaseRule& database_rule(SequenceDatabase database);

// The MSAs of a chain, and the databases that each is made from, in the order of their rows.
enum class MsaUse { unpaired_protein, paired_protein, rna };
std::span<const SequenceDatabase> databases_of(MsaUse use);

// What the search of one database found: one result, or those of all its shards in their order (`sharded`
// also where there is one shard only: merging drops the hits that have no score).
struct DatabaseHits {
  bool sharded = false;
  std::vector<MsaHits> files;
};

// The A3M text of a chain: the rows of `hits`, one element for each of databases_of(use); those of the paired
// MSA as they are, of the others each row once, lower-case letters not counting. Throws Error when a
// database's first row is not the query, as far as the network tells residues apart.
std::string make_msa(MsaUse use, const std::string& query, std::span<const DatabaseHits> hits);

// The MSA of a chain for which nothing is searched: the query alone.
std::string query_only_msa(const std::string& query);

}  // namespace pleat::search
