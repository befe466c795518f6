#include "cli/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <new>

#include "base/error.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/stopwatch.h"
#include "cli/progress.h"
#include "featurise/chemistry_checks.h"
#include "featurise/structure.h"
#include "featurise/unseen_input.h"
#include "output/output.h"
#include "search/cancellation.h"
#include "search/data_pipeline.h"

namespace pleat::cli {
namespace {

void check_job_name(input::JobReading& job) {
  const bool unread = job.input.name.empty() && !job.problems.empty();
  if (unread) return;
  try {
    output::check_name(job.input);
  } catch (const Error& error) {
    job.problems.push_back(error.within(job.place.key("name")));
  }
}

bool has_problem_in(const input::JobReading& job, const Place& place) {
  return std::any_of(job.problems.begin(), job.problems.end(),
                     [&](const Error& problem) { return place.holds(problem.where()); });
}

// Whether pleat could read the MSAs and templates of a chain. (Misspelt keys and repeated fields are problems
// of the entity as a whole.)
bool are_alignments_read(const input::JobReading& job, const Place& place) {
  const auto is_whole = [&](const Error& problem) { return problem.where() == place.text(); };
  if (std::any_of(job.problems.begin(), job.problems.end(), is_whole)) return false;
  constexpr std::array kKeys = {"unpairedMsa", "unpairedMsaPath", "pairedMsa", "pairedMsaPath", "templates"};
  return std::none_of(kKeys.begin(), kKeys.end(),
                      [&](const char* key) { return has_problem_in(job, place.key(key)); });
}

// Checks each entity once: its copies follow each other.
void check_chains(input::JobReading& job, const CompletenessCheck& check) {
  for (size_t i = 0; i < job.input.chains.size(); ++i) {
    const Place& place = job.chain_places[i];
    const input::Chain& chain = job.input.chains[i];
    const bool is_copy = i > 0 && place == job.chain_places[i - 1];
    if (is_copy) continue;
    const bool polymer = !std::holds_alternative<input::Ligand>(chain);
    const bool sound = !has_problem_in(job, place);
    Findings lacks, residues;
    if (are_alignments_read(job, place)) check(chain, lacks);
    if (sound) featurise::check_residues(chain, residues);
    job.add(lacks, place);
    job.add(residues, polymer ? place.key("sequence") : place);
  }
}

// Returns whether the names of SMILES ligands are free.
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
  Findings found;
  featurise::check_structure(job.input, *components, rules.options, found);
  job.add(found, job.place);
  if (found.problems.empty())
    featurise::check_unseen(job.input, *components, {job.place, job.chain_places}, job);
}

}  // namespace

std::vector<fs::path> json_files(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json" && entry.is_regular_file()) files.push_back(entry.path());
  }
  if (error) throw Error(folder.string(), "the folder can't be read: " + error.message());
  if (files.empty()) throw Error(folder.string(), "the folder has no .json files");
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
          [](const input::Chain& chain, Findings& found) { search::check_given(chain, {}, found); }};
}

void check_job(input::JobReading& job, const JobRules& rules) {
  check_job_name(job);
  check_chains(job, rules.check_chain);
  if (job.structure_read) check_structure(job, rules);
}

// A job that runs out of memory does not stop the checks of the others.
std::vector<input::JobReading> read_checked_jobs(const fs::path& file, const JobRules& rules) {
  std::vector<input::JobReading> jobs;
  try {
    jobs = input::read_jobs(file, featurise::ChemistryChecks(rules.dictionary));
  } catch (const std::bad_alloc&) {
    input::JobReading& unread = jobs.emplace_back();
    unread.place = Place(file.string());
    unread.problems.push_back(out_of_memory(unread.place));
  }
  for (input::JobReading& job : jobs) {
    try {
      check_job(job, rules);
    } catch (const std::bad_alloc&) {
      job.problems.push_back(out_of_memory(job.place));
    }
  }
  return jobs;
}

void check_equal_names(std::vector<input::JobReading>& jobs, EqualNames rule) {
  std::map<std::string, Place> places;  // of the first job with each name
  for (input::JobReading& job : jobs) {
    const Place at = job.place.key("name");
    if (job.input.name.empty() || has_problem_in(job, at)) continue;
    const auto [first, is_new] = places.emplace(job.input.sanitised_name(), job.place);
    if (is_new) continue;
    const std::string what = fmt::format("{} also has the name '{}'", first->second.text(), job.input.name);
    if (rule == EqualNames::refused) {
      job.problems.emplace_back(at, what,
                                "Give each job a name of its own, or leave --force_output_dir out.");
    } else if (rule == EqualNames::in_own_folders) {
      job.warnings.emplace_back(at, what,
                                "Each gets a folder of its own, the later ones with the time in its name.");
    } else {
      const std::string name = job.input.name;
      for (int n = 2; !places.emplace(job.input.sanitised_name(), job.place).second; ++n)
        job.input.name = fmt::format("{}_{}", name, n);
      job.warnings.emplace_back(at, what, fmt::format("Its files are named after '{}'.", job.input.name));
    }
  }
}

Jobs accept_jobs(std::vector<input::JobReading> readings) {
  Jobs jobs;
  for (input::JobReading& job : readings) {
    for (const Error& problem : job.problems) report_error(problem.what());
    for (const Error& warning : job.warnings) log_warning("warning: {}", one_line(warning.what()));
    if (job.problems.empty())
      jobs.good.push_back({std::move(job.input), job.place.text()});
    else
      jobs.outcomes.add(
          {job.input.name, job.place.text(), batch::Fate::refused, std::move(job.problems), {}, 0});
  }
  return jobs;
}

batch::Outcome run_job(const Job& job, const std::function<Worked(const Job&)>& work) {
  const std::string& name = job.input.name;
  batch::Outcome outcome{name, job.place, batch::Fate::failed, {}, {}, 0};
  const Stopwatch watch;
  try {
    Worked worked = work(job);
    outcome.fate = worked.fate;
    outcome.folder = std::move(worked.folder);
  } catch (const search::Cancelled&) {
    outcome.fate = batch::Fate::stopped;
  } catch (const search::FailedInSearch& error) {
    outcome.reasons.push_back(error);
    log_info("pleat skips job {}; its problems are listed above.", name);
  } catch (const Error& error) {
    outcome.reasons.push_back(error);
    report_error(error.within(name).what());
  } catch (const std::bad_alloc&) {
    outcome.reasons.push_back(out_of_memory(Place(job.place)));
    report_error(out_of_memory(Place(name)).what());
  }
  outcome.seconds = watch.seconds();
  return outcome;
}

void report_outcomes(const batch::Outcomes& outcomes) {
  for (const std::string& line : outcomes.summary()) log_info("{}", line);
}

bool is_incomplete(const input::FoldInput& job) {
  try {
    input::require_complete(job);
    return false;
  } catch (const Error&) {
    return true;
  }
}

Error out_of_memory(const Place& place) { return Error(place, "out of memory"); }

std::string one_line(const std::string& message) {
  constexpr size_t kBeginning = 1500, kEnd = 400;  // the end, which has the fix
  const std::string line = printable(message);
  if (line.size() <= kBeginning + kEnd) return line;
  size_t end = line.size() - kEnd;
  while (end < line.size() && continues_character(line[end])) ++end;
  return shortened(line, kBeginning) + line.substr(end);
}

void report_error(const std::string& message) {
  hide_progress();
  fmt::print(stderr, "pleat: error: {}\n", one_line(message));
  restore_progress();
}

}  // namespace pleat::cli
