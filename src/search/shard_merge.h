// The results of a database's shards joined to the result of the whole. The reference's
// data/tools/jackhmmer.py and nhmmer.py.
#pragma once

#include <span>
#include <string>

#include "search/search_engine.h"

namespace pleat::search {

// The A3M of `query` from its shards' results, at most `max_sequences` rows, the query first.
//
// A hit's scores are looked up by its name in the tables of all shards, where a later shard's line of the
// same name replaces an earlier one's; hits without a line are dropped. A protein hit's name is its header up
// to the first blank or '/', an RNA hit's is SEQUENCE/FROM-TO. Hits are ordered by E value as printed (then,
// for proteins, falling score), then name. The shards' rows are merged, not sorted: of all shards' next rows
// the one that comes first is taken, of equals that of the earlier shard. (Rounding can put rows out of order
// within a shard; they stay so.) Throws Error when a table's line lacks a number.
std::string merge_shards(MsaSearch::Kind kind, const std::string& query, std::span<const MsaHits> shards,
                         int max_sequences);

}  // namespace pleat::search
