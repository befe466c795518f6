// Searches all sequences of a database with several queries, on several threads. docs/specs/hmmer-search.md,
// section 5.
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
  std::vector<Hit> hits;         // the reported ones, best first
  std::optional<Error> problem;  // of this query, at which HMMER would stop; ignore the hits then
};

// The codes of a query. Throws Error naming a letter that HMMER refuses.
Codes query_codes(std::string_view letters);

struct Query {
  std::string letters;
  Options options;
};

// Compares each query with all targets of a source in one pass: a block of targets meets all queries while it
// is in the cache. Calls `check` between blocks; it may stop the search by throwing. The results do not
// depend on the number of threads. Throws Error naming the source and the problem, or a query's letter that
// HMMER refuses.
std::vector<SearchResult> search_targets(std::span<const Query> queries, TargetSource& source, int threads,
                                         const std::function<void()>& check);

// Maximum bytes of a query's search, without its hits, for targets of at most 35,000 residues.
int64_t search_memory(int residues, int threads);

// The query and its hits as A3M, at most `most_rows` (0: all). The headers are HMMER's. Throws Error for a
// row with a gap of the target sequence itself, at which HMMER stops.
std::string to_a3m(const SearchResult& result, int most_rows);
// HMMER's table of targets: name, then E-value, score and bias of the whole target and of its best domain.
std::string to_table(const SearchResult& result);

}  // namespace pleat::profile
