#include "search/msa.h"

#include <array>
#include <string_view>
#include <unordered_set>

#include "base/error.h"
#include "input/fasta.h"
#include "search/shard_merge.h"

namespace pleat::search {
namespace {

using enum SequenceDatabase;

constexpr std::array<DatabaseRule, 7> kRules = {{
    {MsaSearch::Kind::protein, 10'000},  // uniref90
    {MsaSearch::Kind::protein, 5'000},   // small_bfd
    {MsaSearch::Kind::protein, 5'000},   // mgnify
    {MsaSearch::Kind::protein, 50'000},  // uniprot
    {MsaSearch::Kind::rna, 10'000},      // nt_rna
    {MsaSearch::Kind::rna, 10'000},      // rfam
    {MsaSearch::Kind::rna, 10'000},      // rna_central
}};

constexpr std::array kUnpairedProtein = {uniref90, small_bfd, mgnify};
constexpr std::array kPairedProtein = {uniprot};
constexpr std::array kRna = {rfam, rna_central, nt_rna};

// One letter for all those that the network does not distinguish from `letter`.
char network_letter(char letter, MsaSearch::Kind kind) {
  if (kind == MsaSearch::Kind::rna)
    return std::string_view("ACGU-").find(letter) == std::string_view::npos ? 'N' : letter;
  switch (letter) {
    case 'B':
      return 'D';
    case 'Z':
      return 'E';
    case 'U':
      return 'C';
    case 'J':
    case 'O':
      return 'X';
    default:
      return letter;
  }
}

bool is_insertion(char letter) { return letter >= 'a' && letter <= 'z'; }

std::string without_insertions(std::string sequence) {
  std::erase_if(sequence, is_insertion);
  return sequence;
}

std::string network_sequence(const std::string& sequence, MsaSearch::Kind kind) {
  std::string out = without_insertions(sequence);
  for (char& letter : out) letter = network_letter(letter, kind);
  return out;
}

std::string database_a3m(const std::string& query, SequenceDatabase database, const DatabaseHits& hits) {
  const DatabaseRule& rule = database_rule(database);
  if (hits.sharded) return merge_shards(rule.kind, query, hits.files, rule.max_sequences);
  PLEAT_ASSERT(hits.files.size() == 1);
  return hits.files.front().a3m;
}

void check_query(const std::string& found, const std::string& query, MsaSearch::Kind kind) {
  if (network_sequence(found, kind) == network_sequence(query, kind)) return;
  throw Error("MSA search", "the first row of the result is " + found + ", not the query " + query);
}

}  // namespace

const DatabaseRule& database_rule(SequenceDatabase database) { return kRules[static_cast<size_t>(database)]; }

std::span<const SequenceDatabase> databases_of(MsaUse use) {
  switch (use) {
    case MsaUse::unpaired_protein:
      return kUnpairedProtein;
    case MsaUse::paired_protein:
      return kPairedProtein;
    case MsaUse::rna:
      break;
  }
  return kRna;
}

std::string make_msa(MsaUse use, const std::string& query, std::span<const DatabaseHits> hits) {
  const auto databases = databases_of(use);
  PLEAT_ASSERT(hits.size() == databases.size());
  const bool each_once = use != MsaUse::paired_protein;
  std::unordered_set<std::string> seen;
  std::string msa;
  for (size_t i = 0; i < hits.size(); ++i) {
    const std::string a3m = database_a3m(query, databases[i], hits[i]);
    input::FastaReader reader(a3m);
    for (bool first = true; auto row = reader.next(); first = false) {
      if (first) check_query(row->sequence, query, database_rule(databases[i]).kind);
      if (each_once && !seen.insert(without_insertions(row->sequence)).second) continue;
      msa += ">" + row->header + "\n" + row->sequence + "\n";
    }
  }
  return msa.empty() ? query_only_msa(query) : msa;
}

std::string query_only_msa(const std::string& query) { return ">Original query\n" + query + "\n"; }

}  // namespace pleat::search
