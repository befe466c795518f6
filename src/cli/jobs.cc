#include "cli/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/log.h"
#include "featurise/chemistry_checks.h"
#include "output/output.h"
#include "search/data_pipeline.h"

namespace pleat::cli {
namespace {

// A job of a JSON is placed at "FILE: $...", one of another file as a whole.
std::string name_place(const JobReading& job) {
  return job.place.find(": $") == std::string::npos ? job.place : job.place + ".name";
}

}  // namespace

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

std::shared_ptr<const Ccd> components_of(const FoldInput& input,
                                         const std::shared_ptr<const Ccd>& dictionary) {
  return input.user_ccd ? Ccd::with_user_ccd(dictionary, *input.user_ccd) : dictionary;
}

void check_job(JobReading& job, const std::shared_ptr<const Ccd>& dictionary,
               const FeaturiseOptions& options) {
  if (!job.problems.empty()) return;
  try {
    check_name(job.input);
  } catch (const Error& error) {
    job.problems.push_back(error.within(name_place(job)));
  }
  try {
    const StructureLayout layout =
        structure_layout(job.input, *components_of(job.input, dictionary), options);
    bucket_size(static_cast<int64_t>(layout.tokens.size()), options.buckets);
  } catch (const Error& error) {
    job.problems.push_back(error.within(job.place));
  }
}

std::vector<JobReading> read_checked_jobs(const fs::path& file, const std::shared_ptr<const Ccd>& dictionary,
                                          const FeaturiseOptions& options) {
  std::vector<JobReading> jobs = read_jobs(file, ChemistryChecks(dictionary));
  for (JobReading& job : jobs) check_job(job, dictionary, options);
  return jobs;
}

void refuse_equal_names(std::vector<JobReading>& jobs, const std::string& fix) {
  std::map<std::string, std::string> places;  // of the first job of a name
  for (JobReading& job : jobs) {
    if (!job.problems.empty()) continue;
    const auto [first, is_new] = places.emplace(job.input.sanitised_name(), job.place);
    if (!is_new)
      job.problems.push_back(Error(
          name_place(job), fmt::format("{} has the name '{}', too", first->second, job.input.name), fix));
  }
}

Jobs accept_jobs(std::vector<JobReading> readings) {
  Jobs jobs;
  for (JobReading& job : readings) {
    for (const Error& problem : job.problems) report_error(problem.what());
    if (job.problems.empty())
      jobs.good.push_back(std::move(job.input));
    else
      ++jobs.refused;
  }
  return jobs;
}

int run_jobs(Jobs jobs, const std::function<void(FoldInput)>& work) {
  int failures = jobs.refused;
  for (FoldInput& job : jobs.good) {
    const std::string name = job.name;
    try {
      work(std::move(job));
    } catch (const FailedInSearch&) {
      ++failures;
      log_info("Job {} is left out, for the reason given above.", name);
    } catch (const Error& error) {
      ++failures;
      report_error(error.within(name).what());
    }
  }
  log_info("Ran {} job(s), {} failed.", jobs.good.size() + static_cast<size_t>(jobs.refused), failures);
  return failures;
}

std::vector<FoldInput> incomplete_jobs(std::span<const FoldInput> jobs) {
  std::vector<FoldInput> incomplete;
  for (const FoldInput& job : jobs) {
    try {
      require_complete(job);
    } catch (const Error&) {
      incomplete.push_back(job);
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
