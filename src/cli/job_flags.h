// The jobs of a command, and the folder of their results.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/command_line.h"
#include "cli/jobs.h"

namespace pleat::cli {

struct JobFlags {
  std::vector<std::string> json_paths;
  std::string input_dir, fasta_path, output_dir;
  bool force_output_dir = false, resume = false, dry_run = false, watch = false;
  bool number_equal_names = false;  // as pleat featurise does; no flag
  std::optional<int> num_seeds;

  void declare(CommandLine& line);
  // Throws UsageError.
  void check() const;

  // All jobs of the files, with their seeds, checked as read_checked_jobs does. Each file is read once.
  // Throws Error when the folder can't be read.
  std::vector<input::JobReading> read(const std::vector<fs::path>& files, const JobRules& rules) const;
  // The inputs: files of --input_dir, or those that the other flags name.
  std::vector<fs::path> files() const;
  // Of --watch: files that have come, or changed, since the last call, and have not changed between two calls, so
  // that none is read while it is written.
  std::vector<fs::path> new_files();
  // Throws Error.
  void make_output_dir() const;
  // Whether batch.json reports the results: a folder of inputs, or more jobs than one.
  bool is_batch(size_t jobs) const { return !input_dir.empty() || jobs > 1; }

 private:
  struct Look {
    fs::file_time_type changed;
    uintmax_t size = 0;
    bool taken = false;
  };
  std::map<fs::path, Look> looks_;
};

}  // namespace pleat::cli
