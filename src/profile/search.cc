#include "profile/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unordered_set>

#include "base/error.h"

namespace pleat::profile {
namespace {

// The results of one thread, by query.
struct Found {
  std::vector<Counts> counts;
  std::vector<std::vector<Hit>> hits;
};

// Runs the threads of a search, which prepare the queries, then search block after block.
class Search {
 public:
  Search(std::span<const Query> queries, TargetSource& source, int threads,
         const std::function<void()>& check)
      : queries_(queries),
        source_(source),
        check_(check),
        cascades_(queries.size()),
        problems_(queries.size()),
        failed_(queries.size()),
        found_(std::max(1, threads)) {}

  void run() {
    on_threads([&](Found&) { prepare(); });
    on_threads([&](Found& found) { search(found); });
  }

  std::vector<Found>& found() { return found_; }
  const std::optional<Error>& problem(size_t q) const { return problems_[q]; }

 private:
  template <class Work>
  void on_threads(const Work& work) {
    const auto guarded = [&](Found& found) {
      try {
        const FlushDenormals flush;
        work(found);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
        stopped_ = true;
      }
    };
    {
      std::vector<std::jthread> running;
      for (size_t t = 1; t < found_.size(); ++t) running.emplace_back([&, t] { guarded(found_[t]); });
      guarded(found_[0]);
    }
    if (error_) std::rethrow_exception(error_);
  }

  void prepare() {
    for (size_t q = next_query_++; q < queries_.size() && !stopped_; q = next_query_++) {
      check_();
      cascades_[q].emplace(query_codes(queries_[q].letters), queries_[q].options);
    }
  }

  void search(Found& found) {
    found.counts.resize(queries_.size());
    found.hits.resize(queries_.size());
    Workspace work;
    TargetBlock block;
    while (!stopped_ && source_.next(block)) {
      check_();
      for (size_t q = 0; q < queries_.size(); ++q) search(q, block, work, found);
    }
  }

  void search(size_t q, const TargetBlock& block, Workspace& work, Found& found) {
    if (failed_[q]) return;
    try {
      cascades_[q]->search(source_, block, work, found.counts[q], found.hits[q]);
    } catch (const QueryError& error) {
      const std::lock_guard lock(mutex_);
      if (!problems_[q]) problems_[q] = error;
      failed_[q] = true;
    }
  }

  const std::span<const Query> queries_;
  TargetSource& source_;
  const std::function<void()>& check_;
  std::vector<std::optional<Cascade>> cascades_;
  std::vector<std::optional<Error>> problems_;  // of queries
  std::vector<std::atomic<bool>> failed_;
  std::vector<Found> found_;
  std::atomic<size_t> next_query_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::exception_ptr error_;
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
      throw Error("query", fmt::format("'{}' is not a letter of a protein", letter), "Replace the letter.");
    codes.push_back(code);
  }
  return codes;
}

std::vector<SearchResult> search_targets(std::span<const Query> queries, TargetSource& source, int threads,
                                         const std::function<void()>& check) {
  Search search(queries, source, threads, check);
  search.run();
  std::vector<SearchResult> results;
  for (size_t q = 0; q < queries.size(); ++q) {
    SearchResult& result = results.emplace_back(
        SearchResult{query_codes(queries[q].letters), queries[q].options, {}, {}, search.problem(q)});
    std::vector<Hit> hits;
    for (Found& part : search.found()) {
      result.counts.add(part.counts[q]);
      std::move(part.hits[q].begin(), part.hits[q].end(), std::back_inserter(hits));
      std::vector<Hit>().swap(part.hits[q]);
    }
    result.hits = reported_hits(std::move(hits), result.options, result.counts.targets);
  }
  return results;
}

int64_t search_memory(int residues, int threads) {
  constexpr int64_t kLongest = 35'000, kTablesOfNode = 1000, kBlock = 2 << 20;
  const int64_t row =
      std::max<int64_t>(2, (residues + 3) / 4) * kCells * 4 * static_cast<int64_t>(sizeof(float));
  const int64_t large = 2 * (kLongest + 1) * row;
  return threads * (static_cast<int64_t>(kLargeMatrixBytes) + kBlock) + large + residues * kTablesOfNode;
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
  const auto refuse_gap = [](const Hit& hit) {
    throw Error(fmt::format("sequence {}", hit.name), "the aligned part has a gap ('.' or '_')",
                "Remove the gaps from the database.");
  };
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
        if (hit.domains[d].has_gap) refuse_gap(hit);
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
