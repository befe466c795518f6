// Whether the databases can be searched: found, whole, readable, and as large as their Z values say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "search/cancellation.h"
#include "search/database.h"
#include "search/search_engine.h"

namespace pleat {

// What a FASTA file holds. `problems` say what is wrong and where, one of a kind: it is empty, compressed or
// no FASTA, holds bytes that are no residues, or ends in the middle of a line or record (it was cut short).
struct FastaCount {
  int64_t sequences = 0, residues = 0;
  int64_t bytes = 0;
  std::vector<std::string> problems;
};

// Reads the whole file. Throws Error where it can't be read, Cancelled.
FastaCount count_fasta(const fs::path& file, const Cancellation& cancellation);

// One database, all its files together; without files where they weren't found.
struct DatabaseReport {
  std::vector<fs::path> files;
  FastaCount count;
  bool entries = false;  // of the PDB: the count's sequences are its entries, 0 for an archive
};

// `kind` gives the unit of the Z value: sequences (protein), megabases (RNA). It may be off by a hundredth.
DatabaseReport check_database(const DatabaseSpec& spec, MsaSearch::Kind kind,
                              const std::vector<std::string>& db_dirs, const Cancellation& cancellation);
DatabaseReport check_pdb(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

}  // namespace pleat
