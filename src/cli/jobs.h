// The jobs of a run, one after the other: an Error ends its job, not the run.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/file.h"
#include "chem/ccd.h"
#include "featurise/featurise.h"
#include "input/read_input.h"

namespace pleat::cli {

// The *.json files of a folder, sorted by name. Throws Error when it is no folder or holds none.
std::vector<fs::path> json_files(const fs::path& folder);

// The jobs of a file, checked as far as that goes without making features: the JSON's own rules, chemistry
// by `dictionary`, and whether a structure can be made.
std::vector<JobReading> read_checked_jobs(const fs::path& file, const std::shared_ptr<const Ccd>& dictionary,
                                          const FeaturiseOptions& options);

// Calls work(job) for every job that `read` finds in the files and that has no problems. Problems, and an
// Error of the work, are reported on stderr. Returns how many jobs failed.
using JobReader = std::function<std::vector<JobReading>(const fs::path& file)>;
int run_jobs(const std::vector<fs::path>& files, const JobReader& read,
             const std::function<void(FoldInput)>& work);

// The jobs among them that have no problems and lack MSAs or templates.
std::vector<FoldInput> incomplete_jobs(const std::vector<fs::path>& files, const JobReader& read);

// The message with its line breaks made spaces.
std::string one_line(std::string message);

// "pleat: error: MESSAGE" as one line on stderr.
void report_error(const std::string& message);

}  // namespace pleat::cli
