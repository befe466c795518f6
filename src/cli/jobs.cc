#include "cli/jobs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "featurise/chemistry_checks.h"
#include "search/data_pipeline.h"

namespace pleat::cli {

std::vector<fs::path> json_files(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json" && entry.is_regular_file()) files.push_back(entry.path());
  }
  if (error) throw Error(folder.string(), "the folder can't be read: " + error.message());
  if (files.empty()) throw Error(folder.string(), "there are no .json files in it");
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<JobReading> read_checked_jobs(const fs::path& file, const std::shared_ptr<const Ccd>& dictionary,
                                          const FeaturiseOptions& options) {
  std::vector<JobReading> jobs = read_jobs(file, ChemistryChecks(dictionary));
  for (JobReading& job : jobs) {
    if (!job.problems.empty()) continue;
    try {
      const auto& user_ccd = job.input.user_ccd;
      const auto ccd = user_ccd ? Ccd::with_user_ccd(dictionary, *user_ccd) : dictionary;
      const StructureLayout layout = structure_layout(job.input, *ccd, options);
      bucket_size(static_cast<int64_t>(layout.tokens.size()), options.buckets);
    } catch (const Error& error) {
      job.problems.push_back(error.within(job.place));
    }
  }
  return jobs;
}

int run_jobs(const std::vector<fs::path>& files, const JobReader& read,
             const std::function<void(FoldInput)>& work) {
  int jobs = 0;
  int failures = 0;
  for (const fs::path& file : files) {
    for (JobReading& job : read(file)) {
      ++jobs;
      for (const Error& problem : job.problems) report_error(problem.what());
      if (!job.problems.empty()) {
        ++failures;
        continue;
      }
      const std::string name = job.input.name;
      try {
        work(std::move(job.input));
      } catch (const FailedInSearch&) {
        ++failures;
        log_info("Job {} is left out, for the reason given above.", name);
      } catch (const Error& error) {
        ++failures;
        report_error(error.within(name).what());
      }
    }
  }
  log_info("Ran {} job(s), {} failed.", jobs, failures);
  return failures;
}

std::vector<FoldInput> incomplete_jobs(const std::vector<fs::path>& files, const JobReader& read) {
  std::vector<FoldInput> incomplete;
  for (const fs::path& file : files) {
    for (JobReading& job : read(file)) {
      if (!job.problems.empty()) continue;
      try {
        require_complete(job.input);
      } catch (const Error&) {
        incomplete.push_back(std::move(job.input));
      }
    }
  }
  return incomplete;
}

std::string one_line(std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  return message;
}

void report_error(const std::string& message) { fmt::print(stderr, "pleat: error: {}\n", one_line(message)); }

}  // namespace pleat::cli
