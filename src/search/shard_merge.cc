#include "search/shard_merge.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "input/fasta.h"

namespace pleat::search {
namespace {

// The order of hits: the smaller first.
struct Scores {
  double e_value = 0, minus_score = 0;
};

// The columns of HMMER's tables, counted from 0.
struct TableColumns {
  size_t e_value;
  std::optional<size_t> score;
  std::optional<size_t> from, to;  // ends of the alignment, part of a hit's name
};
constexpr TableColumns kProteinColumns = {4, 5, {}, {}};
constexpr TableColumns kRnaColumns = {12, {}, 6, 7};

std::vector<std::string_view> words(std::string_view line, size_t count) {
  std::vector<std::string_view> out;
  while (out.size() < count) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) throw Error("table of hits", "a line has fewer columns than " + std::to_string(count));
    out.push_back(line.substr(0, line.find_first_of(" \t")));
    line.remove_prefix(out.back().size());
  }
  return out;
}

// Reads numbers too small for a double as 0; std::from_chars would refuse them.
double number(std::string_view text) {
  const std::string whole(text);
  char* end = nullptr;
  const double value = std::strtod(whole.c_str(), &end);
  if (end != whole.c_str() + whole.size()) throw Error("table of hits", "'" + whole + "' is not a number");
  return value;
}

using ScoresByName = std::unordered_map<std::string, Scores>;

void read_table(std::string_view table, const TableColumns& columns, ScoresByName& scores) {
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const auto word = words(line, std::max(columns.e_value, columns.score.value_or(0)) + 1);
    std::string name(word[0]);
    if (columns.from) name += "/" + std::string(word[*columns.from]) + "-" + std::string(word[*columns.to]);
    scores[name] = {number(word[columns.e_value]), columns.score ? -number(word[*columns.score]) : 0};
  }
}

// The hits of one shard, in order, without those that have no scores.
class Shard {
 public:
  Shard(std::string_view a3m, MsaSearch::Kind kind, const ScoresByName& scores)
      : reader_(a3m), kind_(kind), scores_(scores) {
    reader_.next();  // the query
    advance();
  }

  void advance() {
    while ((hit_ = reader_.next())) {
      std::string_view name = input::fasta_name(hit_->header);
      if (kind_ == MsaSearch::Kind::protein) name = name.substr(0, name.find('/'));
      const auto found = scores_.find(std::string(name));
      if (found == scores_.end()) continue;
      key_ = {found->second.e_value, found->second.minus_score, std::string(name)};
      return;
    }
  }

  const std::optional<input::FastaRecord>& hit() const { return hit_; }
  bool comes_before(const Shard& other) const { return hit_ && (!other.hit_ || key_ < other.key_); }

 private:
  input::FastaReader reader_;
  MsaSearch::Kind kind_;
  const ScoresByName& scores_;
  std::optional<input::FastaRecord> hit_;
  std::tuple<double, double, std::string> key_;
};

}  // namespace

std::string merge_shards(MsaSearch::Kind kind, const std::string& query, std::span<const MsaHits> shards,
                         int max_sequences) {
  ScoresByName scores;
  const TableColumns& columns = kind == MsaSearch::Kind::protein ? kProteinColumns : kRnaColumns;
  for (const MsaHits& shard : shards) read_table(shard.scores, columns, scores);
  std::vector<Shard> rows;
  for (const MsaHits& shard : shards) rows.emplace_back(shard.a3m, kind, scores);

  std::string a3m = ">query\n" + query + "\n";
  for (int count = 1; count < max_sequences; ++count) {
    const auto first = std::min_element(rows.begin(), rows.end(),
                                        [](const Shard& a, const Shard& b) { return a.comes_before(b); });
    if (first == rows.end() || !first->hit()) break;
    a3m += ">" + first->hit()->header + "\n" + first->hit()->sequence + "\n";
    first->advance();
  }
  return a3m;
}

}  // namespace pleat::search
