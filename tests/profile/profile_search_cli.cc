// Searches a FASTA file with the native engine and prints what jackhmmer prints, for tools/compare_search.py.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "profile/packed_file.h"
#include "profile/search.h"

// QUERY_LETTERS FASTA A3M TABLE THREADS [Z]
int main(int argc, char** argv) {
  if (argc < 6) return std::fputs("usage: QUERY FASTA A3M TABLE THREADS [Z [E]]\n", stderr), 2;
  try {
    pleat::profile::Options options;
    if (argc > 6 && std::strcmp(argv[6], "-") != 0) options.size = std::atof(argv[6]);
    if (argc > 7) {
      options.most_e = options.most_domain_e = options.most_included_domain_e = std::atof(argv[7]);
    }
    const auto source = pleat::profile::open_targets(argv[2]);
    const pleat::profile::Query query{argv[1], options};
    const auto result = pleat::profile::search_targets({&query, 1}, *source, std::atoi(argv[5]), [] {})[0];
    pleat::write_file(argv[3], pleat::profile::to_a3m(result, 0));
    pleat::write_file(argv[4], pleat::profile::to_table(result));
    const auto& c = result.counts;
    std::printf("%zu %zu %zu %zu %zu\n", c.targets, c.msv, c.bias, c.viterbi, c.forward);
  } catch (const pleat::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
