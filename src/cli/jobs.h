// The jobs of a run. pleat reads them once, reports all problems before any work, then runs one after the
// other. An Error ends its job, not the run.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/file.h"
#include "batch/outcomes.h"
#include "chem/ccd.h"
#include "featurise/featurise.h"
#include "input/read_input.h"

namespace pleat::cli {

// The *.json files of a folder, sorted by name. Throws Error when there is no such folder or no such file.
std::vector<fs::path> json_files(const fs::path& folder);

// Finds missing fields of a chain that the run will not fill: check_complete, or check_given for a run with
// the data pipeline. Places are empty.
using CompletenessCheck = std::function<void(const input::Chain&, Findings&)>;

// The rules for checking jobs.
struct JobRules {
  std::shared_ptr<const chem::Ccd> dictionary;
  featurise::FeaturiseOptions options;
  CompletenessCheck check_chain;
};

// The rules for a run with AlphaFold 3's data pipeline.
JobRules usual_rules(std::shared_ptr<const chem::Ccd> dictionary, const featurise::FeaturiseOptions& options);

// The jobs of a file, after all checks that need no features: the JSON's rules, chemistry, and check_job.
std::vector<input::JobReading> read_checked_jobs(const fs::path& file, const JobRules& rules);

// Adds problems to the job: a name unfit for results, missing fields of a chain, a structure that pleat
// cannot make. Adds warnings of unknown residues. Skips checks that depend on parts with problems.
void check_job(input::JobReading& job, const JobRules& rules);

// The dictionary with the job's own components.
std::shared_ptr<const chem::Ccd> components_of(const input::FoldInput& input,
                                               const std::shared_ptr<const chem::Ccd>& dictionary);

// What is done where an earlier job has the same sanitised name: it is a problem, it is a warning because each gets a
// folder of its own, or the later one is numbered, with a warning.
enum class EqualNames { refused, in_own_folders, numbered };
void check_equal_names(std::vector<input::JobReading>& jobs, EqualNames rule);

// A job without problems, and where it stands: "FILE: $".
struct Job {
  input::FoldInput input;
  std::string place;
};
struct Jobs {
  std::vector<Job> good;
  batch::Outcomes outcomes;  // of those that were refused
};
// Reports all problems and warnings on stderr.
Jobs accept_jobs(std::vector<input::JobReading> readings);

// What a job's work comes to: done, kept or elsewhere.
struct Worked {
  batch::Fate fate = batch::Fate::done;
  fs::path folder;
};
// Calls work(job) and says what became of the job; reports its Error on stderr, search::Cancelled is no error.
batch::Outcome run_job(const Job& job, const std::function<Worked(const Job&)>& work);

// The summary on stderr.
void report_outcomes(const batch::Outcomes& outcomes);

// Whether the job lacks MSAs or templates.
bool is_incomplete(const input::FoldInput& job);

// The error of the job at `place` after std::bad_alloc.
Error out_of_memory(const Place& place);

// The message in one line (base/printable.h); a very long one loses its middle.
std::string one_line(const std::string& message);

// "pleat: error: MESSAGE" as one line on stderr.
void report_error(const std::string& message);

}  // namespace pleat::cli
