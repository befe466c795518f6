// The data pipeline: MSAs and templates for the chains that lack them. specs/outputs.md 4, featurisation.md
// 13; the reference's data/pipeline.py.
#pragma once

#include <map>
#include <memory>
#include <mutex>
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

namespace pleat {

// Call search() with the jobs of a run, then complete() for each. Searches that fail are not tried again by
// the same object. search() uses threads of its own; the two functions are called from one thread.
class DataPipeline {
 public:
  // `engine` and `cache` outlive the pipeline.
  DataPipeline(SearchConfig config, TemplateRules rules, const SearchEngine& engine, SearchCache& cache);

  // Does every search that the jobs need and the cache lacks: equal ones once, as many at a time as `cores`
  // allow, the longest first. Errors are left to complete(). Throws Cancelled.
  void search(std::span<const FoldInput> jobs, int cores, const Cancellation& cancellation);

  // The job with nothing left to search for, as SearchPlanner says what that is; an empty MSA becomes the
  // query alone. What the cache lacks is searched for now. Throws Error: SearchPlanner::plan's, the search's,
  // the templates'. Throws Cancelled.
  FoldInput complete(const FoldInput& job, const Cancellation& cancellation);

 private:
  class Queue;

  // Also opens the PDB where a chain needs it: what is missing is said before anything is searched.
  std::vector<ChainPlan> plan(const FoldInput& prepared);
  // The result of a unit: kept, or searched for now.
  std::string result(const SearchUnit& unit, int threads, const Cancellation& cancellation);
  std::string msa(const std::string& query, const MsaPlan& plan, int threads,
                  const Cancellation& cancellation);
  std::string template_hits(const ChainPlan& plan, const std::string& a3m, int threads,
                            const Cancellation& cancellation);
  void fill(ProteinChain& chain, const ChainPlan& plan, const Cancellation& cancellation);
  void fill(RnaChain& chain, const ChainPlan& plan, const Cancellation& cancellation);

  SearchPlanner planner_;
  TemplateRules rules_;
  const SearchEngine& engine_;
  SearchCache& cache_;
  std::unique_ptr<PdbStore> pdb_;  // opened when first needed
  SearchProgress progress_;
  std::mutex mutex_;
  std::map<std::string, Error> failed_;  // searches that did, by key
};

}  // namespace pleat
