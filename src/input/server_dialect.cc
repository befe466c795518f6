#include "input/server_dialect.h"

#include <fmt/format.h>

#include <random>

#include "input/field_rules.h"

namespace pleat {
namespace {

// More copies than any network could hold; keeps a slip of the keyboard from filling the memory.
constexpr int64_t kMostCopies = 10000;

// 0 is A, 25 is Z, 26 is AA, 27 is BA: the first letter counts fastest.
std::string id_of_chain(size_t index) {
  std::string id;
  for (int64_t rest = static_cast<int64_t>(index); rest >= 0; rest = rest / 26 - 1) {
    id += static_cast<char>('A' + rest % 26);
  }
  return id;
}

void check_dialect_and_version(const JsonNode& job) {
  if (!job.has("dialect") && !job.has("version")) return;
  const JsonNode dialect = job.at("dialect");
  const JsonNode version = job.at("version");
  if (dialect.value() != "alphafoldserver") {
    dialect.fail(
        "found " + describe(dialect.value()) + " as the dialect of a job in a list",
        "It has to be \"alphafoldserver\"; a job of the alphafold3 dialect stands alone, without [].");
  }
  if (version.value() != 1)
    version.fail("found " + describe(version.value()) + " as the version", "It has to be 1.");
}

std::string without_prefix(std::string code) {
  constexpr std::string_view kPrefix = "CCD_";
  return code.starts_with(kPrefix) ? code.substr(kPrefix.size()) : code;
}

ProteinChain read_protein(const JsonNode& node) {
  node.allow_keys(
      {"sequence", "glycans", "modifications", "count", "maxTemplateDate", "useStructureTemplate"});
  if (node.has("glycans")) {
    node.at("glycans").fail("glycans can't be given in the alphafoldserver dialect",
                            "Use the alphafold3 dialect with a ligand and bondedAtomPairs.");
  }
  if (node.has("maxTemplateDate")) {
    node.at("maxTemplateDate").fail("the date can't be given here", "Use the flag --max_template_date.");
  }
  ProteinChain chain;
  chain.sequence = read_sequence(node);
  chain.modifications = read_modifications(node, {"ptmType", "ptmPosition"}, chain.sequence.size(), true);
  if (node.has("useStructureTemplate")) {
    const JsonNode use = node.at("useStructureTemplate");
    if (!use.value().is_boolean()) use.fail("found " + describe(use.value()), "It has to be true or false.");
    if (!use.value().get<bool>()) chain.templates.emplace();
  }
  return chain;
}

template <class NucleicChain>
NucleicChain read_nucleic(const JsonNode& node) {
  node.allow_keys({"sequence", "modifications", "count"});
  NucleicChain chain;
  chain.sequence = read_sequence(node);
  chain.modifications =
      read_modifications(node, {"modificationType", "basePosition"}, chain.sequence.size(), true);
  return chain;
}

Ligand read_ligand(const JsonNode& node) {
  node.allow_keys({"ligand", "ion", "count"});
  Ligand ligand;
  if (node.has("ligand")) {
    ligand.ccd_codes = {without_prefix(node.at("ligand").string())};
  } else {
    ligand.ccd_codes = {node.at("ion").string()};
  }
  if (ligand.ccd_codes[0].empty()) node.fail("the component code is empty");
  return ligand;
}

Chain read_content(const std::string& type, const JsonNode& node) {
  if (type == "proteinChain") return read_protein(node);
  if (type == "rnaSequence") return read_nucleic<RnaChain>(node);
  if (type == "dnaSequence") return read_nucleic<DnaChain>(node);
  return read_ligand(node);
}

void append_chains(const JsonNode& element, std::vector<Chain>& chains) {
  element.allow_keys({"proteinChain", "rnaSequence", "dnaSequence", "ligand", "ion"});
  if (element.value().size() != 1) {
    element.fail(fmt::format("found {} entities in one element of sequences", element.value().size()),
                 "Each element holds exactly one.");
  }
  const std::string type = element.value().begin().key();
  const JsonNode node = element.at(type);
  const Chain content = read_content(type, node);
  const int64_t count = node.has("count") ? node.at("count").integer() : 1;
  if (count < 0 || count > kMostCopies) {
    node.at("count").fail(fmt::format("found {} copies", count), fmt::format("Give 1 to {}.", kMostCopies));
  }
  for (int64_t copy = 0; copy < count; ++copy) {
    const std::string id = id_of_chain(chains.size());
    chains.push_back(content);
    std::visit([&](auto& chain) { chain.id = id; }, chains.back());
  }
}

FoldInput read_job(const JsonNode& job) {
  job.allow_keys({"name", "modelSeeds", "sequences", "dialect", "version"});
  check_dialect_and_version(job);
  FoldInput input;
  input.name = read_name(job);
  const JsonNode sequences = job.at("sequences");
  for (const JsonNode& element : sequences.items()) append_chains(element, input.chains);
  if (input.chains.empty()) sequences.fail("the job has no chains", "Give at least one entity.");
  const auto seeds = job.find("modelSeeds");
  if (seeds && !seeds->value().empty()) {
    input.seeds = read_seeds(*seeds);
  } else {
    input.seeds = {static_cast<uint32_t>(std::random_device()())};
  }
  return input;
}

}  // namespace

std::vector<FoldInput> read_server_jobs(const JsonNode& root) {
  std::vector<FoldInput> jobs;
  for (const JsonNode& job : root.items()) jobs.push_back(read_job(job));
  return jobs;
}

}  // namespace pleat
