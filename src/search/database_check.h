// Checks that the databases are present, complete, readable, and as large as their Z values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "search/cancellation.h"
#include "search/database.h"
#include "search/search_engine.h"

namespace pleat::search {

// The contents of a FASTA file and its problems, one of each kind: it is empty, compressed or not FASTA; its
// last record has no sequence (a truncated file); it holds bytes that HMMER's programs for this kind of
// search refuse, or nucleotides instead of proteins, or headers unfit for templates. A packed database is
// checked by its checksums.
struct FastaCount : Findings {
  int64_t sequences = 0, residues = 0;
  int64_t bytes = 0;
};

// Reads the whole file. Throws Error when it is unreadable; Cancelled.
FastaCount count_fasta(const fs::path& file, SearchKind kind, const Cancellation& cancellation);

// One database, all its files together; no files when they were not found.
struct DatabaseReport {
  std::vector<fs::path> files;
  FastaCount count;
  bool entries = false;  // of the PDB: the count's sequences are its entries
};

// Checks a database for searches of a kind. A Z value counts sequences (protein) or megabases (RNA) and may
// be off by one per cent; the PDB's sequences (templates) have none and are not sharded.
DatabaseReport check_database(const DatabaseSpec& spec, SearchKind kind,
                              const std::vector<std::string>& db_dirs, const Cancellation& cancellation);
// Checks that the PDB's folder or archive holds entries.
DatabaseReport check_pdb(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

}  // namespace pleat::search
