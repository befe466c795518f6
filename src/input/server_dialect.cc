#include "input/server_dialect.h"

#include <fmt/format.h>

#include <random>

#include "input/field_rules.h"

namespace pleat::input {
namespace {

// More than any network could hold, whose memory grows with the square; keep a slip of the keyboard from
// filling the memory.
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

// Both keys or neither. Throws for another dialect, under whose rules all else would be wrong too.
void check_dialect_and_version(const JsonNode& job) {
  for (const auto& [key, other] : {std::pair("dialect", "version"), std::pair("version", "dialect")}) {
    if (job.has(other) && !job.has(key)) {
      job.report(fmt::format("the key '{}' is missing", key), fmt::format("It goes with '{}'.", other));
    }
  }
  if (job.has("dialect")) {
    const JsonNode dialect = job.at("dialect");
    if (dialect.value() != "alphafoldserver") {
      dialect.fail(
          "found " + describe(dialect.value()) + " as the dialect of a job in a list",
          "It has to be \"alphafoldserver\"; a job of the alphafold3 dialect stands alone, without [].");
    }
  }
  if (job.has("version")) {
    const JsonNode version = job.at("version");
    if (version.value() != 1)
      version.report("found " + describe(version.value()) + " as the version", "It has to be 1.");
  }
}

void read(const JsonNode& node, const ContentChecks& checks, ProteinChain& chain) {
  node.allow_keys(
      {"sequence", "glycans", "modifications", "count", "maxTemplateDate", "useStructureTemplate"});
  if (node.has("glycans")) {
    node.at("glycans").report("glycans can't be given in the alphafoldserver dialect",
                              "Use the alphafold3 dialect with a ligand and bondedAtomPairs.");
  }
  if (node.has("maxTemplateDate")) {
    node.at("maxTemplateDate").report("the date can't be given here", "Use the flag --max_template_date.");
  }
  node.attempt([&] { chain.sequence = read_sequence(node); });
  read_modifications(node, {"ptmType", "ptmPosition"}, chain.sequence.size(), PrefixRule::drop, checks,
                     chain.modifications);
  if (node.has("useStructureTemplate")) {
    const JsonNode use = node.at("useStructureTemplate");
    if (!use.value().is_boolean()) use.fail("found " + describe(use.value()), "It has to be true or false.");
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

// `key` is "ligand" or "ion"; of an ion's code the prefix is no part that may be left out.
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

int64_t read_count(const JsonNode& node) {
  const int64_t count = node.has("count") ? node.at("count").integer() : 1;
  if (count < 0 || count > kMostCopies) {
    node.at("count").fail(fmt::format("found {} copies", count), fmt::format("Give 0 to {}.", kMostCopies));
  }
  return count;
}

// Adds the copies to the residues of the job where that is not too much.
void count_residues(const JsonNode& node, const Chain& content, int64_t count, int64_t& total) {
  const int64_t sum = total + count * static_cast<int64_t>(residues(content));
  if (sum <= kMostResidues) {
    total = sum;
    return;
  }
  (node.has("count") ? node.at("count") : node)
      .fail(fmt::format("with {} of it the job has {} residues", count, sum),
            fmt::format("Give {} residues at most, all copies counted.", kMostResidues));
}

// Returns whether the element could be read.
bool append_chains(const JsonNode& element, const ContentChecks& checks, JobReading& reading,
                   int64_t& total) {
  if (!element.allow_keys({"proteinChain", "rnaSequence", "dnaSequence", "ligand", "ion"})) return false;
  if (element.value().size() != 1) {
    element.fail(fmt::format("found {} entities in one element of sequences", element.value().size()),
                 "Each element holds exactly one.");
  }
  const std::string type = element.value().begin().key();
  const JsonNode node = element.at(type);
  Chain content;
  node.attempt([&] { content = read_content(type, node, checks); });
  const int64_t count = read_count(node);
  count_residues(node, content, count, total);
  std::vector<Chain>& chains = reading.input.chains;
  for (int64_t copy = 0; copy < count; ++copy) {
    const std::string id = id_of_chain(chains.size());
    chains.push_back(content);
    std::visit([&](auto& chain) { chain.id = id; }, chains.back());
    reading.chain_places.push_back(node.place());
  }
  return true;
}

void read_all_chains(const JsonNode& job, const ContentChecks& checks, JobReading& reading) {
  const JsonNode sequences = job.at("sequences");
  sequences.require_at_most(kMostEntities);
  bool read = true;
  int64_t total = 0;
  for (const JsonNode& element : sequences.items()) {
    read &= element.attempt([&] { read &= append_chains(element, checks, reading, total); });
  }
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
