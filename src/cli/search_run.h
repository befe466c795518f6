// The data pipeline of a run of the program: the search engine and the cache.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/progress.h"
#include "cli/search_flags.h"
#include "search/data_pipeline.h"

namespace pleat::cli {

class SearchRun {
 public:
  // `cancellation` outlives the run.
  SearchRun(const SearchFlags& flags, const std::string& max_template_date,
            const search::Cancellation& cancellation);

  // Does all searches of the jobs on `cores` cores; says why jobs fail, as soon as they do. `line` shows how far it is.
  // Throws Cancelled.
  void search(std::span<const input::FoldInput> jobs, int cores, search::SearchPart part, ProgressLine& line);
  // See DataPipeline.
  bool is_complete(const input::FoldInput& job) { return pipeline_.is_complete(job); }
  // See DataPipeline.
  input::FoldInput complete(const input::FoldInput& job) { return pipeline_.complete(job, cancellation_); }

 private:
  const search::Cancellation& cancellation_;
  std::unique_ptr<search::SearchEngine> engine_;
  search::SearchCache cache_;
  search::DataPipeline pipeline_;
};

}  // namespace pleat::cli
