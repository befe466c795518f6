#include "bench/search_speed.h"

#include <unistd.h>

#include <algorithm>
#include <random>

#include "base/file.h"
#include "bench/timing.h"
#include "profile/fasta_source.h"
#include "profile/search.h"

namespace pleat::bench {
namespace {

constexpr int kTargetResidues = 350, kTargets = 90'000, kFewTargets = 4'000;
constexpr double kEnough = 0.5;

// Random residues with their natural frequencies; the same in every run.
std::string made_up(std::mt19937& random, int length) {
  static std::discrete_distribution<int> residue(profile::background().begin(), profile::background().end());
  std::string letters;
  for (int i = 0; i < length; ++i) letters += profile::kLetters[residue(random)];
  return letters;
}

class MadeUpDatabase {
 public:
  explicit MadeUpDatabase(int targets)
      : path_(fs::temp_directory_path() / ("pleat_bench_" + std::to_string(::getpid()) + ".fasta")) {
    std::mt19937 random(1);
    std::string text;
    for (int i = 0; i < targets; ++i)
      text += ">target" + std::to_string(i) + "\n" + made_up(random, kTargetResidues) + "\n";
    write_file(path_, text);
    bytes_ = static_cast<double>(text.size());
    residues_ = static_cast<double>(targets) * kTargetResidues;
  }
  ~MadeUpDatabase() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  MadeUpDatabase(const MadeUpDatabase&) = delete;
  MadeUpDatabase& operator=(const MadeUpDatabase&) = delete;

  SearchFigure figure(int residues, int queries, int threads) const {
    std::mt19937 random(2);
    std::vector<profile::Query> all;
    for (int q = 0; q < queries; ++q) all.push_back({made_up(random, residues), {}});
    const double seconds = least_time(kEnough, [&] {
                             profile::FastaSource source(path_);
                             profile::search_targets(all, source, threads, [] {});
                           }).seconds;
    return {queries > 1 ? "queries in one pass" : "one query", residues,        queries, threads,
            residues_ * residues * queries / seconds,          bytes_ / seconds};
  }

 private:
  const fs::path path_;
  double bytes_ = 0, residues_ = 0;
};

SearchFigure rejection_figure(int residues) {
  std::mt19937 random(2);
  const profile::Profile query(profile::query_codes(made_up(random, residues)));
  const profile::Codes target = profile::query_codes(made_up(random, 256 * kTargetResidues));
  const double seconds =
      least_time(kEnough, [&] {
        for (size_t at = 0; at < target.size(); at += kTargetResidues)
          profile::may_reach(query, profile::Target(target).subspan(at, kTargetResidues), 255 - query.bias);
      }).seconds;
  return {"rejection pass", residues, 1, 1, static_cast<double>(target.size()) * residues / seconds, 0};
}

}  // namespace

void measure_searches(int threads, const std::function<void(const SearchFigure&)>& note) {
  constexpr int kQueries[] = {76, 360, 1000};
  for (const int residues : kQueries) note(rejection_figure(residues));
  const MadeUpDatabase database(kTargets);
  for (const int residues : kQueries) {
    note(database.figure(residues, 1, 1));
    if (threads > 1) note(database.figure(residues, 1, threads));
  }
  for (const int residues : kQueries) note(database.figure(residues, 20, threads));
}

SearchEstimate estimate_search(int residues, int64_t bytes, int threads) {
  // A target's time is a part per cell, and a part, such as reading, per residue of the target: two query
  // lengths separate them.
  static const auto [by_cell, by_residue] = [] {
    const MadeUpDatabase database(kFewTargets);
    constexpr double kShort = 100, kLong = 800;
    const double with_short = kShort / database.figure(static_cast<int>(kShort), 1, 1).cells;
    const double with_long = kLong / database.figure(static_cast<int>(kLong), 1, 1).cells;
    const double cell = std::max(0.0, (with_long - with_short) / (kLong - kShort));
    return std::pair(cell, std::max(0.0, with_short - kShort * cell));
  }();
  constexpr double kResidueShare = 0.8;  // of a FASTA file's bytes; the rest is headers and line ends
  const double targets = static_cast<double>(bytes) * kResidueShare;
  return {targets * (by_cell * residues + by_residue) / std::max(1, threads),
          profile::search_memory(residues, threads)};
}

}  // namespace pleat::bench
