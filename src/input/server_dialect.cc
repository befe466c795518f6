#include "input/server_dialect.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <random>

#include "input/field_rules.h"
#include "input/server_glycans.h"

namespace pleat::input {
namespace {

// Far above what fits in any memory: the network's grows with the square. The limits catch typing errors
// before the copies fill the memory.
constexpr int64_t kMostCopies = 10000;
constexpr int64_t kMostResidues = 50000;  // of a job

// 0 is A, 25 is Z, 26 is AA, 27 is BA: the first letter counts fastest.
std::string id_of_chain(size_t index) {
  std::string id;
  for (int64_t rest = static_cast<int64_t>(index); rest >= 0; rest = rest / 26 - 1) {
    id += static_cast<char>('A' + rest % 26);
  }
  return id;
}

// Requires both keys or neither. Throws for another dialect: its rules would make everything else look wrong.
void check_dialect_and_version(const JsonNode& job) {
  for (const auto& [key, other] : {std::pair("dialect", "version"), std::pair("version", "dialect")}) {
    if (job.has(other) && !job.has(key)) {
      job.report(fmt::format("the key '{}' is missing", key),
                 fmt::format("Give both '{}' and '{}', or neither.", key, other));
    }
  }
  if (job.has("dialect")) {
    const JsonNode dialect = job.at("dialect");
    if (dialect.value() != "alphafoldserver") {
      dialect.fail("found " + describe(dialect.value()) + " as the dialect of a job in a list",
                   "It has to be \"alphafoldserver\" or \"alphafold3\".");
    }
  }
  if (job.has("version")) {
    const JsonNode version = job.at("version");
    if (version.value() != 1)
      version.report("found " + describe(version.value()) + " as the version", "Set it to 1.");
  }
}

// AlphaFold 3 refuses a date here.
void read_template_date(const JsonNode& node, ProteinChain& chain) {
  const auto date = node.find("maxTemplateDate");
  if (!date) return;
  const std::string& text = date->string();
  int year = 0, used = 0;
  unsigned month = 0, day = 0;
  const bool formed = std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &used) == 3 &&
                      used == 10 && text.size() == 10;
  const std::chrono::year_month_day read{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!formed || !read.ok())
    date->fail("found " + describe(date->value()), "Write the date as in 2018-01-20.");
  chain.max_template_date = text;
  date->warn("the templates that pleat searches for are of " + text + " at the latest",
             "AlphaFold 3 refuses the date here, and knows the flag --max_template_date alone.");
}

void read(const JsonNode& node, const ContentChecks& checks, ProteinChain& chain) {
  node.allow_keys(
      {"sequence", "glycans", "modifications", "count", "maxTemplateDate", "useStructureTemplate"});
  node.attempt([&] { read_template_date(node, chain); });
  node.attempt([&] { chain.sequence = read_sequence(node); });
  read_modifications(node, {"ptmType", "ptmPosition"}, chain.sequence.size(), PrefixRule::drop, checks,
                     chain.modifications);
  if (node.has("useStructureTemplate")) {
    const JsonNode use = node.at("useStructureTemplate");
    if (!use.value().is_boolean()) use.fail("found " + describe(use.value()), "Set it to true or false.");
    if (!use.value().get<bool>()) chain.templates.emplace();
  }
}

template <class NucleicChain>
void read(const JsonNode& node, const ContentChecks& checks, NucleicChain& chain) {
  node.allow_keys({"sequence", "modifications", "count"});
  node.attempt([&] { chain.sequence = read_sequence(node); });
  read_modifications(node, {"modificationType", "basePosition"}, chain.sequence.size(), PrefixRule::drop,
                     checks, chain.modifications);
}

// `key` is "ligand" or "ion". An ion's code keeps a prefix "CCD_".
void read(const JsonNode& node, const std::string& key, const ContentChecks& checks, Ligand& ligand) {
  node.allow_keys({key, "count"});
  const PrefixRule prefix = key == "ligand" ? PrefixRule::drop : PrefixRule::keep;
  ligand.ccd_codes = {read_component_code(node.at(key), prefix, checks)};
}

template <class Polymer>
Chain read_polymer(const JsonNode& node, const ContentChecks& checks) {
  Polymer chain;
  read(node, checks, chain);
  return chain;
}

Chain read_content(const std::string& type, const JsonNode& node, const ContentChecks& checks) {
  if (type == "proteinChain") return read_polymer<ProteinChain>(node, checks);
  if (type == "rnaSequence") return read_polymer<RnaChain>(node, checks);
  if (type == "dnaSequence") return read_polymer<DnaChain>(node, checks);
  Ligand ligand;
  read(node, type, checks, ligand);
  return ligand;
}

// A glycan of the copies of a protein, which becomes a ligand of its own for each of them.
struct PlacedGlycan {
  Place place;
  Glycan glycan;
  BondAtom on;  // without the chain's id
};

PlacedGlycan read_glycan(const JsonNode& node, const std::string& sequence, const ContentChecks& checks) {
  node.allow_keys({"residues", "position"});
  PlacedGlycan result;
  result.place = node.place();
  const JsonNode residues = node.at("residues"), position = node.at("position");
  try {
    result.glycan = parse_glycan(residues.string());
    for (const Glycan::Residue& residue : result.glycan.residues) checks.check_component(residue.code);
  } catch (const Error& error) {
    throw error.within(residues.place());
  }
  const int64_t at = position.integer();
  if (at < 1 || at > static_cast<int64_t>(sequence.size()))
    position.fail(fmt::format("position {} is outside the sequence of {} residues", at, sequence.size()));
  const char amino_acid = sequence[static_cast<size_t>(at) - 1];
  result.on = {"", static_cast<int>(at), glycosylated_atom(amino_acid)};
  if (result.on.atom.empty())
    position.fail(fmt::format("the residue there is {}, which carries no glycan", amino_acid),
                  "Glycans are bonded to N, S and T.");
  return result;
}

std::vector<PlacedGlycan> read_glycans(const JsonNode& node, const Chain& content,
                                       const ContentChecks& checks) {
  std::vector<PlacedGlycan> glycans;
  const auto* protein = std::get_if<ProteinChain>(&content);
  const auto list = protein ? node.find("glycans") : std::nullopt;
  if (!list) return glycans;
  for (const JsonNode& item : list->items())
    item.attempt([&] { glycans.push_back(read_glycan(item, protein->sequence, checks)); });
  return glycans;
}

// "B 8 ND2 - C 1 C1".
std::string text_of(const Bond& bond) {
  const auto atom = [](const BondAtom& a) { return fmt::format("{} {} {}", a.chain_id, a.residue, a.atom); };
  return fmt::format("{} - {}", atom(bond.first), atom(bond.second));
}

// Adds the ligand and its bonds, and says which ones they are: the text of a glycan names no atoms.
void append_glycan(const PlacedGlycan& placed, const std::string& protein, JobReading& reading) {
  Ligand ligand;
  ligand.id = id_of_chain(reading.input.chains.size());
  std::vector<Bond> bonds;
  for (const Glycan::Residue& residue : placed.glycan.residues) {
    ligand.ccd_codes.push_back(residue.code);
    const BondAtom own{ligand.id, static_cast<int>(ligand.ccd_codes.size()), residue.own_atom};
    if (residue.parent < 0)
      bonds.emplace_back(BondAtom{protein, placed.on.residue, placed.on.atom}, own);
    else
      bonds.emplace_back(BondAtom{ligand.id, residue.parent + 1, residue.parent_atom}, own);
  }
  std::string text;
  for (const Bond& bond : bonds) text += (text.empty() ? "" : ", ") + text_of(bond);
  reading.warnings.emplace_back(
      placed.place, fmt::format("the glycan becomes ligand {} with the bonds {}", ligand.id, text),
      "Glycans of this dialect name no atoms, and AlphaFold 3 refuses them. For other linkages use the "
      "alphafold3 dialect.");
  reading.input.chains.emplace_back(std::move(ligand));
  reading.chain_places.push_back(placed.place);
  reading.input.bonded_atom_pairs.insert(reading.input.bonded_atom_pairs.end(), bonds.begin(), bonds.end());
}

int64_t read_count(const JsonNode& node) {
  const int64_t count = node.has("count") ? node.at("count").integer() : 1;
  if (count < 0 || count > kMostCopies) {
    node.at("count").fail(fmt::format("found {} copies", count),
                          fmt::format("Give a count from 0 to {}.", kMostCopies));
  }
  return count;
}

// Adds the residues of `count` copies to the job's `total`. Throws, and leaves the total, where they are too
// many.
void count_residues(const JsonNode& node, const Chain& content, int64_t count, int64_t& total) {
  const int64_t sum = total + count * static_cast<int64_t>(residues(content));
  if (sum <= kMostResidues) {
    total = sum;
    return;
  }
  (node.has("count") ? node.at("count") : node)
      .fail(fmt::format("with a count of {} the job has {} residues", count, sum),
            fmt::format("Give at most {} residues, counting all copies.", kMostResidues));
}

// The glycans of each protein, by its id: their ligands follow all other chains.
using GlycansOfProteins = std::vector<std::pair<std::string, PlacedGlycan>>;

// Returns whether the element is readable.
bool append_chains(const JsonNode& element, const ContentChecks& checks, JobReading& reading, int64_t& total,
                   GlycansOfProteins& glycans) {
  if (!element.allow_keys({"proteinChain", "rnaSequence", "dnaSequence", "ligand", "ion"})) return false;
  if (element.value().size() != 1) {
    element.fail(fmt::format("found {} entities in one element of sequences", element.value().size()),
                 "Put exactly one entity in each element.");
  }
  const std::string type = element.value().begin().key();
  const JsonNode node = element.at(type);
  Chain content;
  node.attempt([&] { content = read_content(type, node, checks); });
  const std::vector<PlacedGlycan> own_glycans = read_glycans(node, content, checks);
  const int64_t count = read_count(node);
  count_residues(node, content, count, total);
  std::vector<Chain>& chains = reading.input.chains;
  for (int64_t copy = 0; copy < count; ++copy) {
    const std::string id = id_of_chain(chains.size());
    chains.push_back(content);
    std::visit([&](auto& chain) { chain.id = id; }, chains.back());
    reading.chain_places.push_back(node.place());
    for (const PlacedGlycan& glycan : own_glycans) glycans.emplace_back(id, glycan);
  }
  return true;
}

void read_all_chains(const JsonNode& job, const ContentChecks& checks, JobReading& reading) {
  const JsonNode sequences = job.at("sequences");
  sequences.require_at_most(kMostEntities);
  bool read = true;
  int64_t total = 0;
  GlycansOfProteins glycans;
  for (const JsonNode& element : sequences.items()) {
    read &= element.attempt([&] { read &= append_chains(element, checks, reading, total, glycans); });
  }
  for (const auto& [protein, glycan] : glycans) append_glycan(glycan, protein, reading);
  if (reading.input.chains.empty() && read)
    sequences.fail("the job has no chains", "Give at least one entity.");
}

void read_or_draw_seeds(const JsonNode& job, FoldInput& input) {
  const auto seeds = job.find("modelSeeds");
  if (seeds && !seeds->value().empty()) {
    input.seeds = read_seeds(*seeds);
  } else {
    input.seeds = {static_cast<uint32_t>(std::random_device()())};
  }
}

}  // namespace

void read_server_job(const JsonNode& job, const ContentChecks& checks, JobReading& reading) {
  if (!job.value().is_object()) job.fail("found " + describe(job.value()) + " where a job is needed");
  check_dialect_and_version(job);
  job.allow_keys({"name", "modelSeeds", "sequences", "dialect", "version"});
  job.attempt([&] { reading.input.name = read_name(job); });
  const size_t before = reading.problems.size();
  job.attempt([&] { read_all_chains(job, checks, reading); });
  reading.structure_read = reading.problems.size() == before;
  job.attempt([&] { read_or_draw_seeds(job, reading.input); });
}

}  // namespace pleat::input
