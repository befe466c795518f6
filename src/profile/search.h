// A query against all sequences of a FASTA file, on several threads. docs/specs/hmmer-search.md, section 5.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "profile/pipeline.h"

namespace pleat::profile {

struct SearchResult {
  Codes query;
  Options options;
  Counts counts;
  std::vector<Hit> hits;  // those that are reported, best first
};

// Codes of a query. Throws Error naming a letter that HMMER refuses.
Codes query_codes(std::string_view letters);

// Calls `check` between blocks of the file; it stops the search by throwing. Any number of threads finds the
// same. Throws Error naming the file and the line or sequence of what is wrong.
SearchResult search_fasta(std::string_view query, const fs::path& file, const Options& options, int threads,
                          const std::function<void()>& check);

// The query and its hits as A3M, at most `most_rows` (0: all). The headers are HMMER's.
std::string to_a3m(const SearchResult& result, int most_rows);
// HMMER's table of targets: name, E-value, score and bias of all of it and of its best domain.
std::string to_table(const SearchResult& result);

}  // namespace pleat::profile
