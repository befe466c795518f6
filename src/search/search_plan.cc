#include "search/search_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "chem/ccd.h"
#include "search/search_cache.h"

namespace pleat::search {
namespace {

constexpr std::string_view kProteinLetters = "ARNDCQEGHILKMFPSTWYV";
constexpr std::string_view kRnaLetters = "AGCU";

// Letters outside `known` become `unknown`; a modified residue gets its component's letter.
std::string one_letter_sequence(std::string sequence, const std::vector<input::Modification>& modifications,
                                std::string_view known, char unknown) {
  for (char& letter : sequence) {
    if (known.find(letter) == std::string_view::npos) letter = unknown;
  }
  for (const input::Modification& m : modifications)
    sequence[m.position - 1] = chem::one_letter(m.ccd_code, unknown);
  return sequence;
}

// Whether to search for a protein's MSAs and templates.
struct ProteinNeeds {
  bool unpaired, paired, templates;
};

// Throws Error with an empty place when some fields are given but not all. Fields that the configuration does
// not search for count as given.
ProteinNeeds needs(const input::ProteinChain& chain, const SearchConfig& config) {
  const bool unpaired = chain.unpaired_msa || !config.run_msa_search;
  const bool paired = chain.paired_msa || !config.run_msa_search;
  const bool templates = chain.templates || !config.run_template_search;
  const bool some_templates = chain.templates && !chain.templates->empty();
  const bool none = !unpaired && !paired && !some_templates, both = unpaired && paired;
  if (config.allow_partial || none || both) return {!unpaired, !paired, !templates};
  throw Error("",
              fmt::format("the {} MSA is missing: {} is null, but {} given", unpaired ? "paired" : "unpaired",
                          unpaired ? "pairedMsa" : "unpairedMsa",
                          unpaired || paired ? "the other MSA is" : "templates are"),
              "Give both MSAs in the JSON (\"\" for none), with templates or with null to search for them; "
              "or neither "
              "MSA, with templates "
              "null or []. --allow_partial_search searches for whatever is null.");
}

std::string label(const input::FoldInput& job, const std::string& chain, const std::string& query) {
  return fmt::format("chain {} of {} ({} residues)", chain, job.name, query.size());
}

// Approximate cost relative to a protein search of the same size: an RNA search covers both strands with
// looser filters, a template search has almost no filter.
constexpr double kRnaCost = 5, kTemplateCost = 10;

double cost_of(const std::string& query, const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<double>(query.size()) * static_cast<double>(size);
}

}  // namespace

// Gathers the problems of a job, each once: several chains may have the same.
class SearchPlanner::Problems {
 public:
  explicit Problems(Findings& found) : problems_(found.problems) {}

  void add(const Error& error) {
    const auto is_same = [&](const Error& known) { return std::string_view(known.what()) == error.what(); };
    if (std::none_of(problems_.begin(), problems_.end(), is_same)) problems_.push_back(error);
  }
  void add(const Findings& found) {
    for (const Error& error : found.problems) add(error);
  }
  template <class Action>
  void gather(Action action) {
    try {
      action();
    } catch (const Error& error) {
      add(error);
    }
  }

 private:
  std::vector<Error>& problems_;
};

void check_given(const input::Chain& chain, const SearchConfig& config, Findings& found) {
  try {
    if (const auto* protein = std::get_if<input::ProteinChain>(&chain)) needs(*protein, config);
  } catch (const Error& error) {
    found.problems.push_back(error);
  }
}

SearchPlanner::SearchPlanner(SearchConfig config, const SearchEngine& engine)
    : config_(std::move(config)), engine_(engine) {}

input::FoldInput SearchPlanner::prepared(input::FoldInput job) const {
  for (input::Chain& chain : job.chains) {
    if (auto* protein = std::get_if<input::ProteinChain>(&chain)) {
      protein->sequence =
          one_letter_sequence(protein->sequence, protein->modifications, kProteinLetters, 'X');
      if (!config_.run_msa_search && !protein->unpaired_msa) protein->unpaired_msa = "";
      if (!config_.run_msa_search && !protein->paired_msa) protein->paired_msa = "";
      if (!config_.run_template_search && !protein->templates) protein->templates.emplace();
    } else if (auto* rna = std::get_if<input::RnaChain>(&chain)) {
      rna->sequence = one_letter_sequence(rna->sequence, rna->modifications, kRnaLetters, 'N');
      if (!config_.run_msa_search && !rna->unpaired_msa) rna->unpaired_msa = "";
    }
  }
  return job;
}

JobPlan SearchPlanner::plan(const input::FoldInput& job) {
  JobPlan plan;
  Problems problems(plan);
  int proteins = 0;
  for (const input::Chain& chain : job.chains) {
    ChainPlan& of_chain = plan.chains.emplace_back();
    problems.gather([&] {
      if (const auto* protein = std::get_if<input::ProteinChain>(&chain)) {
        of_chain = this->plan(job, *protein, ++proteins, problems);
      } else if (const auto* rna = std::get_if<input::RnaChain>(&chain)) {
        of_chain = this->plan(job, *rna, problems);
      }
    });
  }
  return plan;
}

ChainPlan SearchPlanner::plan(const input::FoldInput& job, const input::ProteinChain& chain, int number,
                              Problems& problems) {
  const ProteinNeeds need = [&] {
    try {
      return needs(chain, config_);
    } catch (const Error& error) {
      throw error.within(fmt::format("protein chain {} (id {})", number, chain.id));
    }
  }();
  ChainPlan plan{label(job, chain.id, chain.sequence), chain.sequence, {}, need.templates};
  if (need.unpaired) plan.msas.push_back(plan_msa(MsaUse::unpaired_protein, plan, problems));
  if (need.paired) plan.msas.push_back(plan_msa(MsaUse::paired_protein, plan, problems));
  if (need.templates) plan_templates(problems);
  return plan;
}

ChainPlan SearchPlanner::plan(const input::FoldInput& job, const input::RnaChain& chain, Problems& problems) {
  ChainPlan plan{label(job, chain.id, chain.sequence), chain.sequence, {}, false};
  if (!chain.unpaired_msa) plan.msas.push_back(plan_msa(MsaUse::rna, plan, problems));
  return plan;
}

MsaPlan SearchPlanner::plan_msa(MsaUse use, const ChainPlan& chain, Problems& problems) {
  Findings found;
  engine_.check_ready(use == MsaUse::rna ? SearchKind::rna : SearchKind::protein, found);
  problems.add(found);
  remember_identity();
  MsaPlan plan{use, {}};
  for (const SequenceDatabase database : databases_of(use))
    problems.gather([&] { plan.parts.push_back(plan_database(database, chain)); });
  return plan;
}

MsaPlan::Part SearchPlanner::plan_database(SequenceDatabase database, const ChainPlan& chain) {
  const DatabaseSpec& spec = config_.databases[static_cast<size_t>(database)];
  const DatabaseRule& rule = database_rule(database);
  const Database& found = resolved(spec);
  const bool protein = rule.kind == MsaSearch::Kind::protein;
  const int threads = protein ? config_.jackhmmer_threads : config_.nhmmer_threads;
  MsaPlan::Part part{found.sharded, {}};
  for (size_t i = 0; i < found.files.size(); ++i) {
    const MsaSearch search{rule.kind,          chain.query,   found.files[i], found.z_value,
                           rule.max_sequences, found.sharded, threads};
    SearchUnit unit;
    unit.target = spec.name;
    if (found.sharded) unit.target += fmt::format(" shard {}/{}", i + 1, found.files.size());
    unit.label = fmt::format("{} for {}", unit.target, chain.label);
    unit.key = search_key(search, identity_);
    unit.database = spec.name;
    unit.cost = (protein ? 1 : kRnaCost) * cost_of(search.query, search.file);
    unit.max_threads = threads;
    if (found.sharded)
      unit.max_parallel =
          protein ? config_.jackhmmer_max_parallel_shards : config_.nhmmer_max_parallel_shards;
    unit.search = search;
    part.units.push_back(std::move(unit));
  }
  return part;
}

SearchUnit SearchPlanner::template_unit(const ChainPlan& chain, const std::string& a3m) const {
  const TemplateSearch search{chain.query, a3m, seqres_, config_.hmmsearch_threads};
  SearchUnit unit;
  unit.target = config_.seqres.name;
  unit.label = fmt::format("{} for {}", unit.target, chain.label);
  unit.key = search_key(search, identity_);
  unit.database = config_.seqres.name;
  unit.cost = kTemplateCost * cost_of(search.query, search.file);
  unit.max_threads = config_.hmmsearch_threads;
  unit.search = search;
  return unit;
}

void SearchPlanner::plan_templates(Problems& problems) {
  Findings found;
  engine_.check_ready(SearchKind::templates, found);
  problems.add(found);
  remember_identity();
  if (seqres_.empty()) problems.gather([&] { seqres_ = resolve_file(config_.seqres, config_.db_dirs); });
}

// Called only when there is a search: otherwise HMMER need not be installed.
void SearchPlanner::remember_identity() {
  if (identity_.empty()) identity_ = engine_.identity();
}

const Database& SearchPlanner::resolved(const DatabaseSpec& spec) {
  const auto found = resolved_.find(spec.name);
  if (found != resolved_.end()) return found->second;
  return resolved_[spec.name] = resolve_database(spec, config_.db_dirs);
}

}  // namespace pleat::search
