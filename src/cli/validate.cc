// pleat validate: checks inputs without running them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <new>

#include "base/printable.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/jobs.h"
#include "featurise/featurise.h"

namespace pleat::cli {
namespace {

std::string counted(size_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// A text of the input, safe to print and not too long.
std::string printable_start(const std::string& text) {
  constexpr size_t kLongest = 200;
  return shortened(printable(text), kLongest);
}

template <class Polymer>
std::string polymer_content(const char* type, const Polymer& chain) {
  const std::string modified =
      chain.modifications.empty() ? "" : ", " + counted(chain.modifications.size(), "modification");
  return fmt::format("{:<8}{}{}", type, counted(chain.sequence.size(), "residue"), modified);
}

std::string content(const input::ProteinChain& chain) { return polymer_content("protein", chain); }
std::string content(const input::RnaChain& chain) { return polymer_content("rna", chain); }
std::string content(const input::DnaChain& chain) { return polymer_content("dna", chain); }
std::string content(const input::Ligand& ligand) {
  return "ligand  " + printable_start(ligand.smiles ? "SMILES " + *ligand.smiles
                                                    : fmt::format("{}", fmt::join(ligand.ccd_codes, "-")));
}

// Chains of equal type and content share a line.
void print_entities(const input::FoldInput& input) {
  std::vector<std::pair<std::string, std::vector<std::string>>> entities;  // content, ids
  for (const input::Chain& chain : input.chains) {
    const std::string text = std::visit([](const auto& c) { return content(c); }, chain);
    const auto same = std::find_if(entities.begin(), entities.end(),
                                   [&](const auto& entity) { return entity.first == text; });
    auto& ids = same != entities.end() ? same->second
                                       : entities.emplace_back(text, std::vector<std::string>()).second;
    ids.push_back(input::chain_id(chain));
  }
  for (const auto& [text, ids] : entities) {
    fmt::print("  {} ({} {})\n", text, ids.size() == 1 ? "chain" : "chains", fmt::join(ids, ", "));
  }
}

void print_size(const input::FoldInput& input, const std::shared_ptr<const chem::Ccd>& dictionary,
                const featurise::FeaturiseOptions& options) {
  const featurise::StructureLayout layout =
      featurise::structure_layout(input, *components_of(input, dictionary), options);
  const auto tokens = static_cast<int64_t>(layout.tokens.size());
  fmt::print("  {}, {}, bucket {}; {}\n", counted(layout.tokens.size(), "token"),
             counted(layout.atoms.size(), "atom"), featurise::bucket_size(tokens, options.buckets),
             counted(input.seeds.size(), "seed"));
}

void print_list(const std::vector<Error>& errors, const std::string& what) {
  if (errors.empty()) return;
  fmt::print("  {}:\n", counted(errors.size(), what));
  for (const Error& error : errors) fmt::print("    {}\n", one_line(error.what()));
}

// What only conformer searches tell; other commands tell it when they come to them.
void check_conformers(input::JobReading& job, const JobRules& rules) {
  Findings found;
  featurise::check_reference_positions(job.input, *components_of(job.input, rules.dictionary), rules.options,
                                       found);
  job.add(found, job.place);
}

// Returns whether the job has no problems.
bool print_job(const input::JobReading& job, const JobRules& rules) {
  fmt::print("{}{}{}\n", printable(job.place.text()), job.input.name.empty() ? "" : " ",
             printable_start(job.input.name));
  if (job.problems.empty()) {
    print_entities(job.input);
    print_size(job.input, rules.dictionary, rules.options);
    fmt::print("  no problems\n");
  }
  print_list(job.problems, "problem");
  print_list(job.warnings, "warning");
  return job.problems.empty();
}

}  // namespace

int validate(const Arguments& arguments) {
  std::vector<std::string> files;
  FeatureFlags features;
  CommandLine line("validate",
                   "Checks input JSONs and prints the sizes of their jobs, without running them.");
  line.arguments("FILE", files, "Input JSONs");
  features.declare(line);
  line.example("pleat validate job.json",
               "List what is wrong with an input, or its chains, tokens and atoms.");
  if (!line.parse(arguments)) return kSuccess;
  const JobRules rules = usual_rules(open_ccd(features.ccd), features.options);
  bool sound = true;
  for (const std::string& file : files) {
    std::vector<input::JobReading> jobs = read_checked_jobs(file, rules);
    check_equal_names(jobs, EqualNames::in_own_folders);
    for (input::JobReading& job : jobs) {
      if (job.problems.empty()) check_conformers(job, rules);
      try {
        sound &= print_job(job, rules);
      } catch (const std::bad_alloc&) {
        sound = false;
        print_list({out_of_memory(job.place)}, "problem");
      }
    }
  }
  return sound ? kSuccess : kFailure;
}

}  // namespace pleat::cli
