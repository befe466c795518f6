#include "input/entities.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "input/field_rules.h"
#include "input/text_field.h"

namespace pleat::input {
namespace {

// A `length` of 0 means an unreadable sequence: then accepts every index from 0.
int read_query_index(const JsonNode& node, size_t length) {
  const int64_t index = node.integer();
  const int64_t end = length > 0 ? static_cast<int64_t>(length) : INT32_MAX;
  if (index < 0 || index >= end) {
    node.fail(fmt::format("index {} is outside the sequence", index),
              length > 0 ? fmt::format("Give an index from 0 to {}.", end - 1) : "Give an index from 0.");
  }
  return static_cast<int>(index);
}

// `residues` is nullopt when the template is unreadable.
int read_template_index(const JsonNode& node, std::optional<size_t> residues) {
  const int64_t index = node.integer();
  const int64_t end = residues ? static_cast<int64_t>(*residues) : INT32_MAX;
  if (index < 0 || index >= end) {
    node.fail(fmt::format("index {} is outside the template", index),
              residues ? fmt::format("The template has {} residues; count them from 0.", end)
                       : "Give an index from 0.");
  }
  return static_cast<int>(index);
}

// Index pairs as a mapping: a repeated query index keeps its first place and takes its last partner.
// `queries` and `templates` are equally long.
void read_index_pairs(const std::vector<JsonNode>& queries, const std::vector<JsonNode>& templates,
                      size_t length, std::optional<size_t> template_residues, Template& result) {
  std::unordered_map<int, size_t> places;  // of query indices in the result
  for (size_t i = 0; i < queries.size(); ++i) {
    int query = 0, partner = 0;
    bool read = queries[i].attempt([&] { query = read_query_index(queries[i], length); });
    read &= templates[i].attempt([&] { partner = read_template_index(templates[i], template_residues); });
    if (!read) continue;
    const auto [place, is_new] = places.emplace(query, result.query_indices.size());
    if (is_new) {
      result.query_indices.push_back(query);
      result.template_indices.push_back(0);
    } else {
      queries[i].warn(fmt::format("the index {} stands in the list before", query),
                      "Its last partner counts.");
    }
    result.template_indices[place->second] = partner;
  }
}

// queryIndices and templateIndices of a template.
void read_mapping(const JsonNode& node, size_t length, std::optional<size_t> template_residues,
                  Template& result) {
  std::vector<JsonNode> queries, templates;
  bool read = node.attempt([&] { queries = node.at("queryIndices").items(); });
  read &= node.attempt([&] {
    const JsonNode list = node.at("templateIndices");
    if (!list.value().is_null()) templates = list.items();
  });
  if (!read) return;
  if (queries.size() != templates.size()) {
    node.fail(fmt::format("found {} queryIndices and {} templateIndices", queries.size(), templates.size()),
              "Give two lists of the same length.");
  }
  read_index_pairs(queries, templates, length, template_residues, result);
}

// Checks the alignment in `entity`[key] of a chain.
void check_msa(const JsonNode& entity, const std::string& key, const Chain& chain, const std::string& a3m,
               bool for_templates, const ContentChecks& checks) {
  Findings found;
  checks.check_msa(chain, a3m, for_templates, found);
  text_source(entity, key).add(found);
}

// Reads what it can of `chain` from the entity's object, and reports problems to the document.
struct EntityReader {
  const JsonNode& node;
  const fs::path& folder;
  const ContentChecks& checks;

  // Return whether the residues are sound.
  bool read(ProteinChain& chain) const;
  bool read(RnaChain& chain) const;
  bool read(DnaChain& chain) const;
  bool read(Ligand& ligand) const;

 private:
  template <class Polymer>
  bool read_polymer(Polymer& chain, const ModificationKeys& keys) const;
  template <class Polymer>
  void read_unpaired_msa(Polymer& chain, bool sound) const;
  void read_templates(ProteinChain& chain, bool sound) const;
  Template read_template(const JsonNode& item, const ProteinChain& chain, bool sound) const;
  bool read_codes(Ligand& ligand) const;
};

// Sequence, modifications and description.
template <class Polymer>
bool EntityReader::read_polymer(Polymer& chain, const ModificationKeys& keys) const {
  bool sound = node.attempt([&] { chain.sequence = read_sequence(node); });
  sound &=
      read_modifications(node, keys, chain.sequence.size(), PrefixRule::refuse, checks, chain.modifications);
  node.attempt([&] { chain.description = optional_text(node, "description"); });
  return sound;
}

template <class Polymer>
void EntityReader::read_unpaired_msa(Polymer& chain, bool sound) const {
  node.attempt([&] { chain.unpaired_msa = text_field(node, "unpairedMsa", folder); });
  if (!chain.unpaired_msa) return;
  const bool for_templates = std::is_same_v<Polymer, ProteinChain> && !node.find("templates");
  const Chain known = sound ? chain : Polymer();
  check_msa(node, "unpairedMsa", known, *chain.unpaired_msa, for_templates, checks);
}

void EntityReader::read_templates(ProteinChain& chain, bool sound) const {
  const auto templates = node.find("templates");
  if (!templates) return;
  chain.templates.emplace();
  for (const JsonNode& item : templates->items()) {
    item.attempt([&] { chain.templates->push_back(read_template(item, chain, sound)); });
  }
}

Template EntityReader::read_template(const JsonNode& item, const ProteinChain& chain, bool sound) const {
  item.allow_keys({"mmcif", "mmcifPath", "queryIndices", "templateIndices"});
  Template given;
  std::optional<size_t> residues;
  const ProteinChain unread;
  item.attempt([&] {
    given.mmcif = text_field(item, "mmcif", folder).value_or("");
    if (given.mmcif.empty())
      item.fail("the template has no mmCIF text", "Give the text in 'mmcif' or 'mmcifPath'.");
    text_source(item, "mmcif").attempt_here([&] {
      residues = checks.check_template(sound ? chain : unread, given.mmcif);
    });
  });
  item.attempt([&] { read_mapping(item, chain.sequence.size(), residues, given); });
  return given;
}

bool EntityReader::read(ProteinChain& chain) const {
  node.allow_keys({"id", "sequence", "modifications", "description", "unpairedMsa", "unpairedMsaPath",
                   "pairedMsa", "pairedMsaPath", "templates"});
  const bool sound = read_polymer(chain, {"ptmType", "ptmPosition"});
  read_unpaired_msa(chain, sound);
  node.attempt([&] { chain.paired_msa = text_field(node, "pairedMsa", folder); });
  node.attempt([&] { read_templates(chain, sound); });
  return sound;
}

bool EntityReader::read(RnaChain& chain) const {
  node.allow_keys({"id", "sequence", "modifications", "description", "unpairedMsa", "unpairedMsaPath"});
  const bool sound = read_polymer(chain, {"modificationType", "basePosition"});
  read_unpaired_msa(chain, sound);
  return sound;
}

bool EntityReader::read(DnaChain& chain) const {
  node.allow_keys({"id", "sequence", "modifications", "description"});
  return read_polymer(chain, {"modificationType", "basePosition"});
}

bool EntityReader::read_codes(Ligand& ligand) const {
  const JsonNode codes = node.at("ccdCodes");
  if (!codes.value().is_array()) {
    codes.fail("found " + describe(codes.value()) + " where a list of codes is needed",
               R"(Write the codes as a list, for example ["ATP"].)");
  }
  bool sound = true;
  for (const JsonNode& code : codes.items()) {
    sound &= code.attempt([&] {
      ligand.ccd_codes.push_back("");  // keeps the count of residues right
      ligand.ccd_codes.back() = read_component_code(code, PrefixRule::keep, checks);
    });
  }
  if (ligand.ccd_codes.empty())
    codes.fail("the list of codes is empty", R"(Give at least one code, for example ["ATP"].)");
  return sound;
}

bool EntityReader::read(Ligand& ligand) const {
  node.allow_keys({"id", "ccdCodes", "smiles", "description"});
  node.attempt([&] { ligand.description = optional_text(node, "description"); });
  std::string smiles;
  const bool read = node.attempt([&] { smiles = optional_text(node, "smiles").value_or(""); });
  const bool has_codes = node.has("ccdCodes"), has_smiles = !smiles.empty();
  bool sound = read;
  if (has_codes) sound &= node.attempt([&] { sound &= read_codes(ligand); });
  if (has_smiles) {
    if (!has_codes) ligand.smiles = smiles;
    sound &= node.at("smiles").attempt_here([&] { checks.check_smiles(smiles); });
  }
  if (has_codes != has_smiles || !read) return sound;
  if (has_codes)
    node.report("the ligand has both ccdCodes and smiles", "Keep one of the two.");
  else
    node.report("the ligand has neither ccdCodes nor smiles", "Give one of the two.");
  return false;
}

// The valid ids; `id` is a string or a list of strings.
std::vector<JsonNode> read_ids(const JsonNode& entity, bool& sound) {
  const std::string fix = R"(Use capital letters A to Z, for example "A" or ["A", "B"].)";
  const auto id = entity.find("id");
  if (!id) entity.fail("the key 'id' is missing", fix);
  id->require_at_most(kMostEntities);
  const auto nodes = id->value().is_array() ? id->items() : std::vector<JsonNode>{*id};
  if (nodes.empty()) id->fail("the list of ids is empty", fix);
  std::vector<JsonNode> good;
  for (const JsonNode& node : nodes) {
    const bool read = node.attempt([&] {
      const std::string& text = node.string();
      const bool capitals =
          std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
      if (text.empty() || !capitals) node.fail("found " + describe(node.value()) + " as a chain id", fix);
    });
    if (read) good.push_back(node);
  }
  sound = good.size() == nodes.size();
  return good;
}

Chain chain_of_type(const std::string& type) {
  if (type == "protein") return ProteinChain();
  if (type == "rna") return RnaChain();
  if (type == "dna") return DnaChain();
  return Ligand();
}

}  // namespace

Entity read_entity(const JsonNode& element, const fs::path& folder, const ContentChecks& checks) {
  if (element.value().is_object() && element.has("id")) {
    element.fail("found the fields of an entity without its type",
                 R"(Write {"protein": {"id": ...}}; the other types are rna, dna and ligand.)");
  }
  const std::vector<std::string> known = {"protein", "rna", "dna", "ligand"};
  const bool all_known = element.allow_keys(known);
  std::vector<std::string> types;
  std::copy_if(known.begin(), known.end(), std::back_inserter(types),
               [&](const std::string& type) { return element.has(type); });
  if (types.empty() && !all_known) return {};
  if (types.size() != 1) {
    element.fail(fmt::format("found {} entities in one element of sequences", types.size()),
                 "Put exactly one of protein, rna, dna and ligand in each element.");
  }
  const std::string& type = types.front();
  const JsonNode node = element.at(type);
  const EntityReader reader{node, folder, checks};
  Chain content = chain_of_type(type);
  Entity entity;
  entity.place = node.place();
  node.attempt([&] { entity.sound = std::visit([&](auto& chain) { return reader.read(chain); }, content); });
  entity.ids = read_ids(node, entity.ids_sound);
  for (const JsonNode& id : entity.ids) {
    entity.chains.push_back(content);
    std::visit([&](auto& chain) { chain.id = id.string(); }, entity.chains.back());
  }
  return entity;
}

void check_paired_msa(const JsonNode& element, const Entity& entity, const ContentChecks& checks) {
  const auto* protein = entity.chains.empty() ? nullptr : std::get_if<ProteinChain>(&entity.chains.front());
  if (!protein || !protein->paired_msa) return;
  const Chain known = entity.sound ? *protein : ProteinChain();
  check_msa(element.at("protein"), "pairedMsa", known, *protein->paired_msa, false, checks);
}

}  // namespace pleat::input
