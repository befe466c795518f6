// The jobs of a run, one after the other: an Error ends its job, not the run.
#pragma once

#include <functional>
#include <vector>

#include "base/file.h"
#include "input/fold_input.h"

namespace pleat::cli {

// The *.json files of a folder, sorted by name. Throws Error when it is no folder or holds none.
std::vector<fs::path> json_files(const fs::path& folder);

// Calls work(job) for every job of every file. An Error of a file or job is reported on stderr. Returns how
// many failed.
int run_jobs(const std::vector<fs::path>& files, const std::function<void(FoldInput)>& work);

// "pleat: error: MESSAGE" as one line on stderr.
void report_error(const std::string& message);

}  // namespace pleat::cli
