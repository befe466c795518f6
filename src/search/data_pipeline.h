// The data pipeline: MSAs and templates for the chains that lack them. docs/specs/outputs.md, section 4,
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

// What complete() throws for a job of which search() has said why it failed.
struct FailedInSearch : Error {
  explicit FailedInSearch(const Error& reason) : Error(reason) {}
};

// One of several parts of a batch's searches, from 0. The same jobs and databases are divided in the same way
// everywhere.
struct SearchPart {
  int index = 0, count = 1;
};

// Call search() with the jobs of a run, then complete() for each. search() uses threads of its own; the two
// functions are called from one thread.
class DataPipeline {
 public:
  // Jobs, by their places among those given to search(), and why they can't be completed.
  using OnFailure = std::function<void(std::span<const size_t> jobs, const Error& reason)>;

  // `engine` and `cache` outlive the pipeline.
  DataPipeline(SearchConfig config, TemplateRules rules, const SearchEngine& engine, SearchCache& cache);

  // Does every search that the jobs need and the cache lacks: equal ones once, those of one file in one pass
  // where the engine can, as many at a time as `cores` allow, the longest first. A job fails with its plan,
  // before anything is searched, or with the first of its searches that does, at that moment; searches that
  // only failed jobs need are not started. `on_failure` is called for each problem of plans, with all jobs
  // that have it, and for each failed search, with the jobs that fail by it (from any thread, one call at a
  // time). Throws Cancelled.
  // Of a part only its searches are done: those of some of the queries or, where there are fewer queries than
  // parts, some of the searches; templates where the MSA that they take is complete.
  void search(std::span<const input::FoldInput> jobs, int cores, const Cancellation& cancellation,
              const OnFailure& on_failure, SearchPart part = {});

  // Whether the results of all searches that a job needs are kept.
  bool is_complete(const input::FoldInput& job);

  // The job with nothing left to search for, as SearchPlanner says what that is; an empty MSA becomes the
  // query alone. What has left the cache since search() is searched for again. Throws FailedInSearch where
  // the job's plan has problems or one of its searches failed; Error: a search's, the templates'. Throws
  // Cancelled.
  input::FoldInput complete(const input::FoldInput& job, const Cancellation& cancellation);

 private:
  class Queue;

  // Also opens the PDB where a chain needs it.
  JobPlan plan(const input::FoldInput& prepared);
  void require_success(const input::FoldInput& prepared, const JobPlan& plan) const;
  bool is_kept(const MsaPlan& plan) const;
  // Searches of one file in one pass; what each finds is kept. Returns those that failed, by key.
  std::map<std::string, Error> search_together(const std::vector<SearchUnit>& units, int threads,
                                               const Cancellation& cancellation);
  // The result of a unit: kept, or searched for now.
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
  std::unique_ptr<PdbStore> pdb_;     // opened when first needed
  std::optional<Error> pdb_problem_;  // why it can't be
  SearchProgress progress_;
  std::map<std::string, Error> failed_;  // tasks of search() that did, by key
};

}  // namespace pleat::search
