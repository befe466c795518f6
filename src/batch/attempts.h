// Failures of jobs, noted in the output folder: where several processes work on a batch, a job that fails is tried
// once, not by each of them.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace pleat::batch {

// `attempt` names what the processes have in common, as the number of a Slurm array.
struct Failure {
  std::string attempt;
  Error reason;
};

// OUTPUT_DIR/.pleat/NAME.failed. Throws Error where it can't be written.
void note_failure(const fs::path& output_dir, const std::string& name, const Failure& failure);
// nullopt where none is noted.
std::optional<Failure> noted_failure(const fs::path& output_dir, const std::string& name);
void forget_failure(const fs::path& output_dir, const std::string& name);

}  // namespace pleat::batch
