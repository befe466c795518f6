// The flags of the data pipeline: databases, programs, cache. docs/specs/outputs.md, section 4.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "search/native_engine.h"
#include "search/search_plan.h"

namespace pleat::cli {

class SearchFlags {
 public:
  SearchFlags();

  // The flags of the databases.
  void declare_databases(CommandLine& line);
  // The flags of the databases and of the searches.
  void declare(CommandLine& line);

  // The configuration by the flags, with tildes replaced.
  search::SearchConfig config() const;
  std::unique_ptr<search::SearchEngine> engine() const;
  // What results of searches depend on beside the databases' contents, as text.
  std::map<std::string, std::string> settings() const;
  // nullopt: keep nothing after the run.
  std::optional<fs::path> cache_folder() const;

 private:
  search::SearchConfig config_;
  search::HmmerPrograms programs_;
  std::string engine_ = "auto";
  std::string cache_;
};

}  // namespace pleat::cli
