#include "cli/jobs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <new>

#include "base/error.h"
#include "base/log.h"
#include "base/printable.h"
#include "featurise/chemistry_checks.h"
#include "featurise/structure.h"
#include "output/output.h"
#include "search/data_pipeline.h"

namespace pleat::cli {
namespace {

bool is_json(const input::JobReading& job) { return job.place.find(": $") != std::string::npos; }

// A job of a JSON is placed at "FILE: $...", one of another file as a whole.
std::string name_place(const input::JobReading& job) {
  return is_json(job) ? job.place + ".name" : job.place;
}

void check_job_name(input::JobReading& job) {
  const bool unread = job.input.name.empty() && !job.problems.empty();
  if (unread) return;
  try {
    output::check_name(job.input);
  } catch (const Error& error) {
    job.problems.push_back(error.within(name_place(job)));
  }
}

bool has_problem_in(const input::JobReading& job, const std::string& place) {
  return std::any_of(job.problems.begin(), job.problems.end(),
                     [&](const Error& problem) { return problem.where().starts_with(place); });
}

// Whether MSAs and templates of a chain are as the input has them. Problems of the entity as a whole are
// misspelt keys and fields given twice.
bool are_alignments_read(const input::JobReading& job, const std::string& place) {
  const auto is_whole = [&](const Error& problem) { return problem.where() == place; };
  if (std::any_of(job.problems.begin(), job.problems.end(), is_whole)) return false;
  const auto has_problem = [&](const char* key) { return has_problem_in(job, place + key); };
  return !has_problem(".unpairedMsa") && !has_problem(".pairedMsa") && !has_problem(".templates");
}

// Entities, that is: copies follow each other.
void check_chains(input::JobReading& job, const Gaps& gaps) {
  for (size_t i = 0; i < job.input.chains.size(); ++i) {
    const std::string& place = job.chain_places[i];
    const input::Chain& chain = job.input.chains[i];
    const bool is_copy = i > 0 && place == job.chain_places[i - 1];
    if (is_copy) continue;
    const bool polymer = is_json(job) && !std::holds_alternative<input::Ligand>(chain);
    const bool sound = !has_problem_in(job, place);
    if (are_alignments_read(job, place)) job.add({gaps(chain), {}}, place);
    if (sound) job.add({{}, featurise::residue_warnings(chain)}, polymer ? place + ".sequence" : place);
  }
}

// Returns whether SMILES ligands can be named.
bool check_ligand_names(input::JobReading& job, const chem::Ccd& ccd) {
  bool free = true;
  for (size_t i = 0; i < job.input.chains.size(); ++i) {
    const auto* ligand = std::get_if<input::Ligand>(&job.input.chains[i]);
    if (!ligand || !ligand->smiles) continue;
    try {
      featurise::smiles_residue_name(*ligand, ccd);
    } catch (const Error& error) {
      free = false;
      job.problems.push_back(error.within(job.chain_places[i]));
    }
  }
  return free;
}

void check_structure(input::JobReading& job, const JobRules& rules) {
  const auto components = components_of(job.input, rules.dictionary);
  if (!check_ligand_names(job, *components)) return;
  std::vector<Error> problems;
  try {
    featurise::structure_layout(job.input, *components, rules.options, &problems);
  } catch (const Error& error) {
    problems.push_back(error);
  }
  for (const Error& problem : problems) {
    const bool names_key = problem.where().starts_with("bondedAtomPairs");
    job.problems.push_back(
        names_key ? Error(job.place + "." + problem.where(), problem.what_is_wrong(), problem.fix())
                  : problem.within(job.place));
  }
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

std::shared_ptr<const chem::Ccd> components_of(const input::FoldInput& input,
                                               const std::shared_ptr<const chem::Ccd>& dictionary) {
  return input.user_ccd ? chem::Ccd::with_user_ccd(dictionary, *input.user_ccd) : dictionary;
}

JobRules usual_rules(std::shared_ptr<const chem::Ccd> dictionary,
                     const featurise::FeaturiseOptions& options) {
  return {std::move(dictionary), options,
          [](const input::Chain& chain) { return search::given_partly(chain, {}); }};
}

void check_job(input::JobReading& job, const JobRules& rules) {
  check_job_name(job);
  check_chains(job, rules.gaps);
  if (job.structure_read) check_structure(job, rules);
}

// A job that does not fit into the memory keeps no other from being told of.
std::vector<input::JobReading> read_checked_jobs(const fs::path& file, const JobRules& rules) {
  std::vector<input::JobReading> jobs;
  try {
    jobs = input::read_jobs(file, featurise::ChemistryChecks(rules.dictionary));
  } catch (const std::bad_alloc&) {
    input::JobReading& unread = jobs.emplace_back();
    unread.place = file.string();
    unread.problems.push_back(memory_is_short(unread.place));
  }
  for (input::JobReading& job : jobs) {
    try {
      check_job(job, rules);
    } catch (const std::bad_alloc&) {
      job.problems.push_back(memory_is_short(job.place));
    }
  }
  return jobs;
}

void refuse_equal_names(std::vector<input::JobReading>& jobs, const std::string& fix) {
  std::map<std::string, std::string> places;  // of the first job of a name
  for (input::JobReading& job : jobs) {
    if (job.input.name.empty() || has_problem_in(job, name_place(job))) continue;
    const auto [first, is_new] = places.emplace(job.input.sanitised_name(), job.place);
    if (!is_new)
      job.problems.push_back(Error(
          name_place(job), fmt::format("{} has the name '{}', too", first->second, job.input.name), fix));
  }
}

Jobs accept_jobs(std::vector<input::JobReading> readings) {
  Jobs jobs;
  for (input::JobReading& job : readings) {
    for (const Error& problem : job.problems) report_error(problem.what());
    for (const Error& warning : job.warnings) log_warning("warning: {}", one_line(warning.what()));
    if (job.problems.empty())
      jobs.good.push_back(std::move(job.input));
    else
      jobs.refused.push_back(job.input.name.empty() ? job.place : job.input.name);
  }
  return jobs;
}

int run_jobs(Jobs jobs, const std::function<void(input::FoldInput)>& work) {
  const size_t total = jobs.good.size() + jobs.refused.size();
  std::vector<std::string> failed = std::move(jobs.refused);
  for (input::FoldInput& job : jobs.good) {
    const std::string name = job.name;
    try {
      work(std::move(job));
    } catch (const search::FailedInSearch&) {
      failed.push_back(name);
      log_info("Job {} is left out, for the reason given above.", name);
    } catch (const Error& error) {
      failed.push_back(name);
      report_error(error.within(name).what());
    } catch (const std::bad_alloc&) {
      failed.push_back(name);
      report_error(memory_is_short(name).what());
    }
  }
  log_info("Ran {} {}, {} failed{}.", total, total == 1 ? "job" : "jobs", failed.size(),
           failed.empty() ? "" : fmt::format(": {}", fmt::join(failed, ", ")));
  return static_cast<int>(failed.size());
}

std::vector<input::FoldInput> incomplete_jobs(std::span<const input::FoldInput> jobs) {
  std::vector<input::FoldInput> incomplete;
  for (const input::FoldInput& job : jobs) {
    try {
      input::require_complete(job);
    } catch (const Error&) {
      incomplete.push_back(job);
    }
  }
  return incomplete;
}

Error memory_is_short(const std::string& place) {
  return Error(place, "the memory is not enough for this job");
}

std::string one_line(const std::string& message) {
  constexpr size_t kBeginning = 1500, kEnd = 400;  // the end has the fix
  const std::string line = printable(message);
  if (line.size() <= kBeginning + kEnd) return line;
  size_t end = line.size() - kEnd;
  while (end < line.size() && continues_character(line[end])) ++end;
  return shortened(line, kBeginning) + line.substr(end);
}

void report_error(const std::string& message) { fmt::print(stderr, "pleat: error: {}\n", one_line(message)); }

}  // namespace pleat::cli
