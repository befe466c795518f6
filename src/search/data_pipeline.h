// The data pipeline: searches for the MSAs and templates that chains lack. docs/specs/outputs.md, section 4,
// docs/specs/featurisation.md, section 13; the reference's data/pipeline.py.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/error.h"
#include "input/fold_input.h"
#include "search/pdb_store.h"
#include "search/search_cache.h"
#include "search/search_engine.h"
#include "search/search_plan.h"
#include "search/search_progress.h"
#include "search/template_search.h"

namespace pleat::search {

// Thrown by complete() for a job whose failure search() has already reported.
struct FailedInSearch : Error {
  explicit FailedInSearch(const Error& reason) : Error(reason) {}
};

// One of several parts of a batch's searches, counted from 0. The division depends only on the jobs and
// databases, so several machines can share a batch.
struct SearchPart {
  int index = 0, count = 1;
};

// Call search() with the jobs of a run, then complete() for each job, both from one thread. search() starts
// its own threads.
class DataPipeline {
 public:
  // Failed jobs, by index into the argument of search(), and the reason.
  using OnFailure = std::function<void(std::span<const size_t> jobs, const Error& reason)>;

  // `engine` and `cache` must outlive the pipeline.
  DataPipeline(SearchConfig config, TemplateRules rules, const SearchEngine& engine, SearchCache& cache);

  // Runs every search that the jobs need and the cache lacks: equal searches once, searches of one file in
  // one pass where the engine can, as many at a time as `cores` allow, the longest first. A job fails before
  // all searches when its plan has problems, or as soon as one of its searches fails. Searches that only
  // failed jobs need are not started. Calls `on_failure` for each problem of plans, with all jobs that have
  // it, and for each failed search, with the jobs that need it (from any thread, one call at a time). Throws
  // Cancelled. A part runs only its own searches: those of some queries or, with fewer queries than parts,
  // some of the searches. It searches for templates when their MSA is complete. `on_change` hears how far the
  // searches are.
  void search(std::span<const input::FoldInput> jobs, int cores, const Cancellation& cancellation,
              const OnFailure& on_failure, SearchPart part = {},
              const SearchProgress::OnChange& on_change = {});

  // Whether the cache has the results of all searches that a job needs.
  bool is_complete(const input::FoldInput& job);

  // The job with all MSAs and templates that its plan searches for; an empty MSA becomes the query alone.
  // Repeats searches whose results have left the cache. Throws FailedInSearch when the job's plan has
  // problems or one of its searches failed; Error for problems of searches and templates; Cancelled.
  input::FoldInput complete(const input::FoldInput& job, const Cancellation& cancellation);

 private:
  class Queue;

  // Opens the PDB when a chain needs it.
  JobPlan plan(const input::FoldInput& prepared);
  void require_success(const input::FoldInput& prepared, const JobPlan& plan) const;
  bool is_kept(const MsaPlan& plan) const;
  // Runs searches of one file in one pass and keeps their results. Returns the failures by key.
  std::map<std::string, Error> search_together(const std::vector<SearchUnit>& units, int threads,
                                               const Cancellation& cancellation);
  // The result of a unit, from the cache or a new search.
  std::string result(const SearchUnit& unit, int threads, const Cancellation& cancellation);
  std::string msa(const std::string& query, const MsaPlan& plan, int threads,
                  const Cancellation& cancellation);
  std::string template_hits(const ChainPlan& plan, const std::string& a3m, int threads,
                            const Cancellation& cancellation);
  void fill(input::ProteinChain& chain, const ChainPlan& plan, const Cancellation& cancellation);
  void fill(input::RnaChain& chain, const ChainPlan& plan, const Cancellation& cancellation);

  SearchPlanner planner_;
  TemplateRules rules_;
  const SearchEngine& engine_;
  SearchCache& cache_;
  std::unique_ptr<PdbStore> pdb_;     // opened on first use
  std::optional<Error> pdb_problem_;  // why it cannot be opened
  SearchProgress progress_;
  std::map<std::string, Error> failed_;  // failures in search(), by key
};

}  // namespace pleat::search
