// Merges the results of a database's shards. The reference's data/tools/jackhmmer.py and nhmmer.py.
#pragma once

#include <span>
#include <string>

#include "search/search_engine.h"

namespace pleat::search {

// The A3M of `query` from its shards' results, at most `max_sequences` rows, the query first.
//
// Looks up a hit's scores by its name in the tables of all shards; a later shard's line replaces an earlier
// one of the same name. Drops hits without a line. A protein hit's name is its header up to the first blank
// or '/', an RNA hit's is SEQUENCE/FROM-TO. The order is: E-value as printed, then (proteins) falling score,
// then name. Merges the shards' rows without sorting: takes the first of all shards' next rows, of equals
// that of the earlier shard. (Rounding can put rows out of order within a shard; they stay so.) Throws Error
// when a table's line lacks a number.
std::string merge_shards(MsaSearch::Kind kind, const std::string& query, std::span<const MsaHits> shards,
                         int max_sequences);

}  // namespace pleat::search
