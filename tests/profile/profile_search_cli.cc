// Searches a FASTA file with the native engine and prints what jackhmmer prints, for tools/compare_search.py.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
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
    const auto result = pleat::profile::search_fasta(argv[1], argv[2], options, std::atoi(argv[5]), [] {});
    pleat::write_file(argv[3], pleat::profile::to_a3m(result, 0));
    pleat::write_file(argv[4], pleat::profile::to_table(result));
    const auto& c = result.counts;
    std::printf("%zu %zu %zu %zu %zu\n", c.targets, c.msv, c.bias, c.viterbi, c.forward);
  } catch (const pleat::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
