// Whether the databases can be searched: found, whole, readable, and as large as their Z values say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "search/cancellation.h"
#include "search/database.h"
#include "search/search_engine.h"

namespace pleat::search {

// What a FASTA file holds, and what is wrong with it, one problem of a kind: it is empty, compressed or no
// FASTA, its last record has no sequence (it was cut short), it holds bytes that HMMER's programs for this
// kind of search refuse or nucleotides where proteins are searched for, or headers from which no templates
// can be made. A packed database is read by its checksums.
struct FastaCount : Findings {
  int64_t sequences = 0, residues = 0;
  int64_t bytes = 0;
};

// Reads the whole file. Throws Error where it can't be read, Cancelled.
FastaCount count_fasta(const fs::path& file, SearchKind kind, const Cancellation& cancellation);

// One database, all its files together; without files where they weren't found.
struct DatabaseReport {
  std::vector<fs::path> files;
  FastaCount count;
  bool entries = false;  // of the PDB: the count's sequences are its entries
};

// A database of the searches of a kind. A Z value counts sequences (protein) or megabases (RNA) and may be
// off by a hundredth; the PDB's sequences (templates) have none and are not sharded.
DatabaseReport check_database(const DatabaseSpec& spec, SearchKind kind,
                              const std::vector<std::string>& db_dirs, const Cancellation& cancellation);
// The PDB's entries: a folder or an archive that holds any.
DatabaseReport check_pdb(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

}  // namespace pleat::search
