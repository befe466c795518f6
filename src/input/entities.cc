#include "input/entities.h"

#include <fmt/format.h>

#include <algorithm>

#include "input/field_rules.h"
#include "input/text_field.h"

namespace pleat {
namespace {

// Pairs of indices with the meaning of a mapping: of a repeated query index the last partner counts, at the
// first place.
void read_index_pairs(const JsonNode& node, size_t length, Template& result) {
  const JsonNode query_list = node.at("queryIndices");
  const JsonNode template_list = node.at("templateIndices");
  const auto queries = query_list.items();
  const auto templates = template_list.value().is_null() ? std::vector<JsonNode>() : template_list.items();
  if (queries.size() != templates.size()) {
    node.fail(fmt::format("found {} queryIndices and {} templateIndices", queries.size(), templates.size()),
              "Both lists need the same length.");
  }
  std::vector<int> place_of_query(length, -1);
  for (size_t i = 0; i < queries.size(); ++i) {
    const int64_t query = queries[i].integer();
    const int64_t partner = templates[i].integer();
    if (query < 0 || query >= static_cast<int64_t>(length)) {
      queries[i].fail(fmt::format("index {} is outside the sequence of {} residues", query, length),
                      fmt::format("Indices count from 0 to {}.", length - 1));
    }
    if (partner < 0 || partner > INT32_MAX) {
      templates[i].fail(fmt::format("index {} is no residue of the template", partner),
                        "Indices count from 0.");
    }
    int& place = place_of_query[query];
    if (place < 0) {
      place = static_cast<int>(result.query_indices.size());
      result.query_indices.push_back(static_cast<int>(query));
      result.template_indices.push_back(0);
    }
    result.template_indices[place] = static_cast<int>(partner);
  }
}

Template read_template(const JsonNode& node, size_t length, const fs::path& folder) {
  node.allow_keys({"mmcif", "mmcifPath", "queryIndices", "templateIndices"});
  Template result;
  result.mmcif = text_field(node, "mmcif", folder).value_or("");
  if (result.mmcif.empty()) node.fail("the template has no mmCIF text", "Give it in 'mmcif' or 'mmcifPath'.");
  read_index_pairs(node, length, result);
  return result;
}

ProteinChain read_protein(const JsonNode& node, const fs::path& folder) {
  node.allow_keys({"id", "sequence", "modifications", "description", "unpairedMsa", "unpairedMsaPath",
                   "pairedMsa", "pairedMsaPath", "templates"});
  ProteinChain chain;
  chain.sequence = read_sequence(node);
  const size_t length = chain.sequence.size();
  chain.modifications = read_modifications(node, {"ptmType", "ptmPosition"}, length, false);
  chain.description = optional_text(node, "description");
  chain.unpaired_msa = text_field(node, "unpairedMsa", folder);
  chain.paired_msa = text_field(node, "pairedMsa", folder);
  if (const auto templates = node.find("templates")) {
    chain.templates.emplace();
    for (const JsonNode& item : templates->items())
      chain.templates->push_back(read_template(item, length, folder));
  }
  return chain;
}

RnaChain read_rna(const JsonNode& node, const fs::path& folder) {
  node.allow_keys({"id", "sequence", "modifications", "description", "unpairedMsa", "unpairedMsaPath"});
  RnaChain chain;
  chain.sequence = read_sequence(node);
  chain.modifications =
      read_modifications(node, {"modificationType", "basePosition"}, chain.sequence.size(), false);
  chain.description = optional_text(node, "description");
  chain.unpaired_msa = text_field(node, "unpairedMsa", folder);
  return chain;
}

DnaChain read_dna(const JsonNode& node) {
  node.allow_keys({"id", "sequence", "modifications", "description"});
  DnaChain chain;
  chain.sequence = read_sequence(node);
  chain.modifications =
      read_modifications(node, {"modificationType", "basePosition"}, chain.sequence.size(), false);
  chain.description = optional_text(node, "description");
  return chain;
}

Ligand read_ligand(const JsonNode& node) {
  node.allow_keys({"id", "ccdCodes", "smiles", "description"});
  Ligand ligand;
  ligand.description = optional_text(node, "description");
  const std::string smiles = optional_text(node, "smiles").value_or("");
  if (!node.has("ccdCodes")) {
    if (smiles.empty()) node.fail("the ligand has neither ccdCodes nor smiles", "Give one of them.");
    ligand.smiles = smiles;
    return ligand;
  }
  const JsonNode codes = node.at("ccdCodes");
  if (!codes.value().is_array()) {
    codes.fail("found " + describe(codes.value()) + " where a list of codes is needed",
               R"(Write it as ["ATP"].)");
  }
  for (const JsonNode& code : codes.items()) {
    if (code.string().empty()) code.fail("the component code is empty");
    ligand.ccd_codes.push_back(code.string());
  }
  if (ligand.ccd_codes.empty())
    codes.fail("the list of codes is empty", R"(Give at least one, as in ["ATP"].)");
  if (!smiles.empty()) node.fail("the ligand has both ccdCodes and smiles", "Keep one of them.");
  return ligand;
}

// `id` as written: a string, or a list of strings.
std::vector<std::string> read_ids(const JsonNode& entity) {
  const std::string fix = "Ids consist of the letters A to Z, as \"A\" or [\"A\", \"B\"].";
  const auto id = entity.find("id");
  if (!id) entity.fail("the key 'id' is missing", fix);
  const auto nodes = id->value().is_array() ? id->items() : std::vector<JsonNode>{*id};
  if (nodes.empty()) id->fail("the list of ids is empty", fix);
  std::vector<std::string> ids;
  for (const JsonNode& node : nodes) {
    const std::string& text = node.string();
    const bool capitals = std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (text.empty() || !capitals) node.fail("found " + describe(node.value()) + " as a chain id", fix);
    ids.push_back(text);
  }
  return ids;
}

Chain read_content(const std::string& type, const JsonNode& node, const fs::path& folder) {
  if (type == "protein") return read_protein(node, folder);
  if (type == "rna") return read_rna(node, folder);
  if (type == "dna") return read_dna(node);
  return read_ligand(node);
}

}  // namespace

std::vector<Chain> read_entity(const JsonNode& element, const fs::path& folder) {
  element.allow_keys({"protein", "rna", "dna", "ligand"});
  if (element.value().size() != 1) {
    element.fail(fmt::format("found {} entities in one element of sequences", element.value().size()),
                 "Each element holds exactly one of protein, rna, dna and ligand.");
  }
  const std::string type = element.value().begin().key();
  const JsonNode node = element.at(type);
  const Chain content = read_content(type, node, folder);
  std::vector<Chain> chains;
  for (const std::string& id : read_ids(node)) {
    chains.push_back(content);
    std::visit([&](auto& chain) { chain.id = id; }, chains.back());
  }
  return chains;
}

}  // namespace pleat
