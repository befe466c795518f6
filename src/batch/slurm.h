// Batches as array jobs of Slurm.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace pleat::batch {

// One array job whose tasks run the same command and claim their jobs through the output folder.
struct SlurmArray {
  std::string name;                  // of the Slurm job: letters, digits and '-'
  std::vector<std::string> command;  // of a task; "{task}" and "{array}" stand for its number and the array's
  int tasks = 1, cpus = 1;
  int64_t memory = 0;                // bytes of a task
  std::optional<int> minutes;        // the time limit; nullopt: the partition's
  std::string gres;                  // "gpu:1"; empty: none
  std::vector<std::string> options;  // more lines of #SBATCH, which go before the others
};

// The batch script. A task that the scheduler ends early, or that loses its program, is queued again, five
// times at most.
std::string slurm_script(const SlurmArray& array);

// As one word of a POSIX shell.
std::string shell_quoted(const std::string& text);

}  // namespace pleat::batch
