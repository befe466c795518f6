// Reading an input file in tests that want its jobs or its first problem.
#pragma once

#include <vector>

#include "input/read_input.h"

namespace pleat::test {

// The jobs of a file; throws the first problem of the first job that has one.
inline std::vector<input::FoldInput> read_input(const fs::path& json_file,
                                                const input::ContentChecks& checks = input::ContentChecks()) {
  std::vector<input::FoldInput> inputs;
  for (input::JobReading& job : input::read_jobs(json_file, checks)) {
    if (!job.problems.empty()) throw job.problems.front();
    inputs.push_back(std::move(job.input));
  }
  return inputs;
}

}  // namespace pleat::test
