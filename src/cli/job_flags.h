// Which jobs a command runs, and where their results go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/command_line.h"
#include "cli/jobs.h"

namespace pleat::cli {

struct JobFlags {
  std::string json_path, input_dir, fasta_path, output_dir;
  bool force_output_dir = false;
  std::optional<int> num_seeds;

  void declare(CommandLine& line);
  // Throws UsageError.
  void check() const;

  // All jobs of all files, with their seeds, checked as read_checked_jobs does. Each file is read once.
  // Throws Error when the folder can't be read.
  std::vector<input::JobReading> read(const JobRules& rules) const;
  // Throws Error.
  void make_output_dir() const;

 private:
  std::vector<fs::path> files() const;
};

}  // namespace pleat::cli
