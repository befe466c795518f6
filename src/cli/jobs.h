// The jobs of a run: read once, all problems told before any work, then one after the other. An Error ends
// its job, not the run.
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

// The *.json files of a folder, sorted by name. Throws Error when it is no folder or holds none.
std::vector<fs::path> json_files(const fs::path& folder);

// Finds what a chain lacks that nothing in this run will find for it, placed nowhere yet: check_complete, or
// check_given where the data pipeline runs.
using CompletenessCheck = std::function<void(const input::Chain&, Findings&)>;

// How jobs are judged.
struct JobRules {
  std::shared_ptr<const chem::Ccd> dictionary;
  featurise::FeaturiseOptions options;
  CompletenessCheck check_chain;
};

// Those of a run with the data pipeline as AlphaFold 3 has it.
JobRules usual_rules(std::shared_ptr<const chem::Ccd> dictionary, const featurise::FeaturiseOptions& options);

// The jobs of a file, checked as far as that goes without making features: the JSON's own rules, chemistry,
// and what check_job finds.
std::vector<input::JobReading> read_checked_jobs(const fs::path& file, const JobRules& rules);

// Notes it as a problem when results can't be named after the job, a chain lacks something, or the structure
// can't be made; warns of unknown residues. What rests on a part that has problems already is left out.
void check_job(input::JobReading& job, const JobRules& rules);

// The dictionary with the components that a job brings along.
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
// Calls work(job) and says what became of the job; its Error is told on stderr, search::Cancelled is no error.
batch::Outcome run_job(const Job& job, const std::function<Worked(const Job&)>& work);

// The summary on stderr.
void report_outcomes(const batch::Outcomes& outcomes);

// Whether the job lacks MSAs or templates.
bool is_incomplete(const input::FoldInput& job);

// The error of the job at `place` after std::bad_alloc.
Error out_of_memory(const Place& place);

// The message in one line (base/printable.h), without the middle of one too long to be read.
std::string one_line(const std::string& message);

// "pleat: error: MESSAGE" as one line on stderr.
void report_error(const std::string& message);

}  // namespace pleat::cli
