#include "profile/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <stdexcept>
#include <thread>
#include <unordered_set>

#include "base/error.h"
#include "profile/fasta_blocks.h"

namespace pleat::profile {
namespace {

constexpr size_t kLongestTarget = 100000;

// What one thread finds.
struct Found {
  Counts counts;
  std::vector<Hit> hits;
  std::exception_ptr error;
};

class Worker {
 public:
  Worker(const Profile& profile, const Options& options, const fs::path& file, FastaBlocks& blocks)
      : profile_(profile), options_(options), file_(file), blocks_(blocks) {}

  void run(const std::function<void()>& check, Found& found) {
    try {
      const FlushDenormals flush;
      while (const auto block = blocks_.next()) {
        check();
        search(*block, found);
      }
    } catch (...) {
      found.error = std::current_exception();
    }
  }

 private:
  void search(const Block& block, Found& found) {
    BlockReader reader(block, file_);
    for (size_t at = 0; reader.next(record_); ++at) {
      if (record_.codes.size() > kLongestTarget) fail("it is longer than 100,000 residues", "Leave it out.");
      std::optional<Hit> hit;
      try {
        hit = find_hit(profile_, options_, record_.codes, work_, found.counts);
      } catch (const std::runtime_error& error) {
        fail(error.what(), "Search with --search_engine=hmmer, or leave the sequence out.");
      }
      if (!hit) continue;
      hit->name = record_.name;
      hit->description = record_.description;
      hit->ordinal = (block.ordinal << 24) + at;
      found.hits.push_back(std::move(*hit));
    }
  }

  [[noreturn]] void fail(const std::string& what, const char* fix) const {
    throw Error(fmt::format("{}, sequence {}", file_.string(), record_.name), what, fix);
  }

  const Profile& profile_;
  const Options& options_;
  const fs::path& file_;
  FastaBlocks& blocks_;
  Workspace work_;
  Record record_;
};

std::string row_name(const Hit& hit, const Domain& domain) {
  return fmt::format("{}/{}-{}", hit.name, domain.from, domain.to);
}

}  // namespace

Codes query_codes(std::string_view letters) {
  Codes codes;
  for (const char letter : letters) {
    const uint8_t code = fasta_codes()[static_cast<uint8_t>(letter)];
    if (code >= kIgnored)
      throw Error("query", fmt::format("'{}' is no letter of a protein", letter), "Replace it.");
    codes.push_back(code);
  }
  return codes;
}

SearchResult search_fasta(std::string_view query, const fs::path& file, const Options& options, int threads,
                          const std::function<void()>& check) {
  SearchResult result{query_codes(query), options, {}, {}};
  FastaBlocks blocks(file);
  std::vector<Found> found(std::max(1, threads));
  {
    const FlushDenormals flush;
    const Profile profile(result.query);
    std::vector<Worker> workers(found.size(), Worker(profile, options, file, blocks));
    std::vector<std::jthread> running;
    for (size_t t = 1; t < found.size(); ++t) {
      running.emplace_back([&, t] { workers[t].run(check, found[t]); });
    }
    workers[0].run(check, found[0]);
  }
  std::vector<Hit> hits;
  for (Found& part : found) {
    if (part.error) std::rethrow_exception(part.error);
    result.counts.targets += part.counts.targets;
    result.counts.msv += part.counts.msv;
    result.counts.bias += part.counts.bias;
    result.counts.viterbi += part.counts.viterbi;
    result.counts.forward += part.counts.forward;
    std::move(part.hits.begin(), part.hits.end(), std::back_inserter(hits));
  }
  result.hits = reported_hits(std::move(hits), options, result.counts.targets);
  return result;
}

std::string to_a3m(const SearchResult& result, int most_rows) {
  std::string sequence;
  for (const uint8_t code : result.query) sequence += kLetters[code];
  std::vector<std::string> names = {"query"};
  std::unordered_set<std::string> seen(names.begin(), names.end());
  bool repeated = false;
  for (const Hit& hit : result.hits) {
    for (size_t d = 0; d < hit.domains.size(); ++d) {
      if (!hit.included[d]) continue;
      names.push_back(row_name(hit, hit.domains[d]));
      repeated |= !seen.insert(names.back()).second;
    }
  }
  const size_t width = fmt::formatted_size("{}", names.size());
  const size_t rows = most_rows > 0 ? std::min(names.size(), static_cast<size_t>(most_rows)) : names.size();
  std::string text;
  size_t row = 0;
  const auto add = [&](const std::string& description, const std::string& letters) {
    if (row < rows) {
      const std::string prefix = repeated ? fmt::format("{:0{}}|", row, width) : "";
      text += ">" + prefix + names[row] + " " + description + "\n" + letters + "\n";
    }
    ++row;
  };
  add("", sequence);
  for (const Hit& hit : result.hits) {
    for (size_t d = 0; d < hit.domains.size(); ++d) {
      if (hit.included[d]) {
        add("[subseq from] " + (hit.description.empty() ? hit.name : hit.description), hit.domains[d].row);
      }
    }
  }
  return text;
}

std::string to_table(const SearchResult& result) {
  const FlushDenormals flush;
  const double size = result.options.size.value_or(static_cast<double>(result.counts.targets));
  std::string text;
  for (const Hit& hit : result.hits) {
    const Domain& best = hit.domains[hit.best];
    text += fmt::format("{} - query - {:.2g} {:.1f} {:.1f} {:.2g} {:.1f} {:.1f}\n", hit.name,
                        std::exp(hit.log_p) * size, hit.score, hit.pre_score - hit.score,
                        std::exp(best.log_p) * size, best.score, best.bias / kLn2);
  }
  return text;
}

}  // namespace pleat::profile
