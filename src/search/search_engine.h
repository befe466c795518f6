// The searches that the data pipeline needs, whoever does them: HMMER's programs (hmmer_engine.h) or another
// engine. Each call is one unit of work: it depends on nothing but its argument, may run beside any other,
// and its result can be kept. docs/specs/hmmer-search.md, section 6; the reference's data/tools.
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
  int max_sequences = 0;          // rows of the result at most, the query among them
  bool shard = false;  // whether the scores are needed to merge the result with those of other shards
  int threads = 1;     // of this search
};

struct MsaHits {
  std::string a3m;     // the query first; a line per sequence
  std::string scores;  // HMMER's table of hits; empty unless `shard`
};

// The profile of an alignment against a FASTA file of PDB chains.
struct TemplateSearch {
  std::string query;  // one-letter codes
  std::string a3m;    // the query's unpaired MSA
  fs::path file;      // pdb_seqres
  int threads = 1;
};

enum class SearchKind { protein, rna, templates };

// A result, or why there is none.
using MsaOutcome = std::variant<MsaHits, Error>;

class SearchEngine {
 public:
  virtual ~SearchEngine() = default;
  // Throw Error (a program that is missing, fails or is killed: the command, its exit status or signal and
  // the last lines it wrote), and Cancelled as soon as `cancellation` asks for it. Safe from any thread.
  virtual MsaHits search(const MsaSearch& search, const Cancellation& cancellation) const = 0;
  // Whether several queries of a kind go through a file in one pass of search_together().
  virtual bool searches_together(MsaSearch::Kind) const { return false; }
  // Searches of one file. Throws as search() does where the problem is not one query's.
  virtual std::vector<MsaOutcome> search_together(std::span<const MsaSearch> searches,
                                                  const Cancellation& cancellation) const {
    std::vector<MsaOutcome> outcomes;
    for (const MsaSearch& one : searches) outcomes.emplace_back(search(one, cancellation));
    return outcomes;
  }
  // The aligned rows of the hits, in the engine's order, as A3M; their headers as HMMER writes them. Empty
  // without hits.
  virtual std::string search(const TemplateSearch& search, const Cancellation& cancellation) const = 0;
  // Finds what keeps every search of a kind from being done, such as a program that is not there.
  virtual void check_ready(SearchKind kind, Findings& found) const = 0;
  // Names the engine and its version, for the keys of kept results.
  virtual std::string identity() const = 0;
};

}  // namespace pleat::search
