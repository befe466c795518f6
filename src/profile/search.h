// Queries against all sequences of a database, on several threads. docs/specs/hmmer-search.md, section 5.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "profile/cascade.h"

namespace pleat::profile {

struct SearchResult {
  Codes query;
  Options options;
  Counts counts;
  std::vector<Hit> hits;         // those that are reported, best first
  std::optional<Error> problem;  // of this query alone, at which HMMER would stop; nothing else counts then
};

// Codes of a query. Throws Error naming a letter that HMMER refuses.
Codes query_codes(std::string_view letters);

struct Query {
  std::string letters;
  Options options;
};

// Each query against all targets of a source, in one pass: a block of targets meets all queries while it is in the
// cache. Calls `check` between blocks; it stops the search by throwing. Any number of threads finds the same.
// Throws Error naming the source and what is wrong where, or a query's letter that HMMER refuses.
std::vector<SearchResult> search_targets(std::span<const Query> queries, TargetSource& source, int threads,
                                         const std::function<void()>& check);

// Bytes that a search of a query needs at most beside its hits, when targets have 35,000 residues at most.
int64_t search_memory(int residues, int threads);

// The query and its hits as A3M, at most `most_rows` (0: all). The headers are HMMER's. Throws Error for a row
// with a gap of the target's own, at which HMMER stops.
std::string to_a3m(const SearchResult& result, int most_rows);
// HMMER's table of targets: name, E-value, score and bias of all of it and of its best domain.
std::string to_table(const SearchResult& result);

}  // namespace pleat::profile
