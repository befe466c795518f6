// The speed of protein searches on this machine, and estimates of their time and memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace pleat::bench {

// A query against made-up targets.
struct SearchFigure {
  std::string what;
  int residues = 0, queries = 1, threads = 1;
  double cells = 0;  // of query and target, per second, of all threads
  double bytes = 0;  // of the database, per second; 0: reads none
};

// Measures the rejection pass alone, searches of a FASTA file by one thread and by `threads`, and several
// queries in one pass. Writes 32 MB to the temporary folder, and removes them.
void measure_searches(int threads, const std::function<void(const SearchFigure&)>& note);

struct SearchEstimate {
  double seconds = 0;
  int64_t memory = 0;  // at most
};

// Estimates a search of a query of `residues` in a database of `bytes`, on `threads` cores. Measures the
// rates at the first call, in a second or two. Assumes that the disk is faster than the search.
SearchEstimate estimate_search(int residues, int64_t bytes, int threads);

}  // namespace pleat::bench
