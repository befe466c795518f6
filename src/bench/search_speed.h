// How fast protein searches are on this machine, and what they take.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace pleat::bench {

// A query against made-up targets.
struct SearchFigure {
  std::string what;
  int residues = 0, queries = 1, threads = 1;
  double cells = 0;  // of query and target, a second, of all threads
  double bytes = 0;  // of the database, a second; 0: none is read
};

// The rejection pass alone, searches from a FASTA file by one thread and by `threads`, and several queries in
// one pass. Writes 32 MB into the folder for temporary files, and removes them.
void measure_searches(int threads, const std::function<void(const SearchFigure&)>& note);

struct SearchEstimate {
  double seconds = 0;
  int64_t memory = 0;  // at most
};

// A search of a query of `residues` in a database of `bytes`, on `threads` cores, by rates measured in a
// second or two at the first call. Leaves out the time of a disk that is slower than the search.
SearchEstimate estimate_search(int residues, int64_t bytes, int threads);

}  // namespace pleat::bench
