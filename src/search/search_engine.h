// The interface for the data pipeline's searches, independent of the engine: HMMER's programs
// (hmmer_engine.h) or pleat (native_engine.h). Each call is one unit of work: it depends only on its
// argument, may run beside any other, and its result can be kept. docs/specs/hmmer-search.md, section 6; the
// reference's data/tools.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "search/cancellation.h"

namespace pleat::search {

// One query sequence against one FASTA file (a whole database or one of its shards).
struct MsaSearch {
  enum class Kind { protein, rna };  // jackhmmer -N 1; nhmmer, then alignment to the query's profile

  Kind kind = Kind::protein;
  std::string query;              // one-letter codes
  fs::path file;                  // FASTA
  std::optional<double> z_value;  // size of the whole database: sequences (protein), megabases (RNA)
  int max_sequences = 0;          // maximum rows of the result, the query included
  bool shard = false;             // whether merging with other shards needs the scores
  int threads = 1;                // of this search
};

struct MsaHits {
  std::string a3m;     // the query first; a line per sequence
  std::string scores;  // HMMER's table of hits; empty unless `shard`
};

// An alignment's profile against a FASTA file of PDB chains.
struct TemplateSearch {
  std::string query;  // one-letter codes
  std::string a3m;    // the query's unpaired MSA
  fs::path file;      // pdb_seqres
  int threads = 1;
};

enum class SearchKind { protein, rna, templates };

// A result, or the reason for its absence.
using MsaOutcome = std::variant<MsaHits, Error>;

class SearchEngine {
 public:
  virtual ~SearchEngine() = default;
  // Throw Error (for a missing, failed or killed program: the command, its exit status or signal and its last
  // output), and Cancelled soon after `cancellation`. Thread-safe.
  virtual MsaHits search(const MsaSearch& search, const Cancellation& cancellation) const = 0;
  // Whether search_together() runs several queries of a kind in one pass through a file.
  virtual bool searches_together(MsaSearch::Kind) const { return false; }
  // Searches of one file. Throws as search() does for problems that concern all queries.
  virtual std::vector<MsaOutcome> search_together(std::span<const MsaSearch> searches,
                                                  const Cancellation& cancellation) const {
    std::vector<MsaOutcome> outcomes;
    for (const MsaSearch& one : searches) outcomes.emplace_back(search(one, cancellation));
    return outcomes;
  }
  // The aligned rows of the hits, in the engine's order, as A3M with HMMER's headers. Empty without hits.
  virtual std::string search(const TemplateSearch& search, const Cancellation& cancellation) const = 0;
  // Finds problems that fail every search of a kind, such as a missing program.
  virtual void check_ready(SearchKind kind, Findings& found) const = 0;
  // The engine's name and version, for the keys of kept results.
  virtual std::string identity() const = 0;
};

}  // namespace pleat::search
