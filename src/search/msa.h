// Makes a chain's MSAs from the hits of each database. docs/specs/hmmer-search.md, section 6; the reference's
// data/msa.py and data/pipeline.py.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/search_engine.h"

namespace pleat::search {

enum class SequenceDatabase { uniref90, small_bfd, mgnify, uniprot, nt_rna, rfam, rna_central };

// The rule for searching a database.
struct DatabaseRule {
  MsaSearch::Kind kind;
  int max_sequences;  // maximum rows of its MSA, the query included
};
const DatabaseRule& database_rule(SequenceDatabase database);

// The MSAs of a chain, and the databases of each, in the order of their rows.
enum class MsaUse { unpaired_protein, paired_protein, rna };
std::span<const SequenceDatabase> databases_of(MsaUse use);

// The result of one database's search: one result, or those of all its shards in order. (`sharded` matters
// even for one shard: merging drops hits without a score.)
struct DatabaseHits {
  bool sharded = false;
  std::vector<MsaHits> files;
};

// A chain's MSA as A3M text: the rows of `hits`, which has one element for each of databases_of(use). A
// paired MSA keeps all rows; the others drop repeated rows, compared without lower-case letters. Throws Error
// when a database's first row is not the query, in the network's residue types.
std::string make_msa(MsaUse use, const std::string& query, std::span<const DatabaseHits> hits);

// The MSA of a chain without a search: the query alone.
std::string query_only_msa(const std::string& query);

}  // namespace pleat::search
