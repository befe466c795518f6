// to_json: FoldInput to the text of NAME_data.json. docs/specs/outputs.md, section 5.3.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "input/read_input.h"

namespace pleat::input {
namespace {

using nlohmann::ordered_json;

constexpr int kWrittenVersion = 4;

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json modifications_json(const std::vector<Modification>& modifications, const char* type,
                                const char* position) {
  ordered_json list = ordered_json::array();
  for (const Modification& m : modifications) list.push_back({{type, m.ccd_code}, {position, m.position}});
  return list;
}

ordered_json templates_json(const std::optional<std::vector<Template>>& templates) {
  if (!templates) return nullptr;
  ordered_json list = ordered_json::array();
  for (const Template& t : *templates) {
    list.push_back(
        {{"mmcif", t.mmcif}, {"queryIndices", t.query_indices}, {"templateIndices", t.template_indices}});
  }
  return list;
}

// The content of a chain without its id: {type: {...}} with the reference's order of keys.
ordered_json content_json(const ProteinChain& chain) {
  return {{"protein",
           {{"id", nullptr},
            {"sequence", chain.sequence},
            {"modifications", modifications_json(chain.modifications, "ptmType", "ptmPosition")},
            {"unpairedMsa", or_null(chain.unpaired_msa)},
            {"pairedMsa", or_null(chain.paired_msa)},
            {"templates", templates_json(chain.templates)}}}};
}

ordered_json content_json(const RnaChain& chain) {
  return {{"rna",
           {{"id", nullptr},
            {"sequence", chain.sequence},
            {"modifications", modifications_json(chain.modifications, "modificationType", "basePosition")},
            {"unpairedMsa", or_null(chain.unpaired_msa)}}}};
}

ordered_json content_json(const DnaChain& chain) {
  return {{"dna",
           {{"id", nullptr},
            {"sequence", chain.sequence},
            {"modifications", modifications_json(chain.modifications, "modificationType", "basePosition")}}}};
}

ordered_json content_json(const Ligand& ligand) {
  ordered_json content = {{"id", nullptr}};
  if (ligand.smiles) {
    content["smiles"] = *ligand.smiles;
  } else {
    content["ccdCodes"] = ligand.ccd_codes;
  }
  return {{"ligand", content}};
}

ordered_json chain_json(const Chain& chain) {
  return std::visit(
      [](const auto& c) {
        ordered_json json = content_json(c);
        if (c.description) json.front()["description"] = *c.description;
        return json;
      },
      chain);
}

// Chains that differ only in their ids become one entity with a list of ids.
ordered_json sequences_json(const std::vector<Chain>& chains) {
  ordered_json entities = ordered_json::array();
  std::vector<std::vector<std::string>> ids;  // of each entity
  for (const Chain& chain : chains) {
    const ordered_json entity = chain_json(chain);
    const auto same = std::find(entities.begin(), entities.end(), entity);
    if (same != entities.end()) {
      ids[same - entities.begin()].push_back(chain_id(chain));
    } else {
      entities.push_back(entity);
      ids.push_back({chain_id(chain)});
    }
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    ordered_json& id = entities[i].front()["id"];
    if (ids[i].size() == 1) {
      id = ids[i][0];
    } else {
      id = ids[i];
    }
  }
  return entities;
}

ordered_json bonds_json(const std::vector<Bond>& bonds) {
  if (bonds.empty()) return nullptr;
  ordered_json list = ordered_json::array();
  const auto atom = [](const BondAtom& a) { return ordered_json::array({a.chain_id, a.residue, a.atom}); };
  for (const auto& [from, to] : bonds) list.push_back(ordered_json::array({atom(from), atom(to)}));
  return list;
}

// Puts every queryIndices and templateIndices list on one line. Only these keys end with "Indices": no string
// can match, since quotes inside are escaped.
std::string with_index_lists_on_one_line(const std::string& text) {
  constexpr std::string_view kKeyEnd = "Indices\": [";
  std::string result;
  result.reserve(text.size());
  size_t from = 0;
  for (size_t open; (open = text.find(kKeyEnd, from)) != std::string::npos;) {
    open += kKeyEnd.size();
    const size_t close = text.find(']', open);
    result.append(text, from, open - from);
    for (const char c : std::string_view(text).substr(open, close - open)) {
      if (c == ',') result += ", ";
      if (is_digit(c)) result += c;
    }
    from = close;
  }
  return result.append(text, from);
}

}  // namespace

std::string to_json(const FoldInput& input) {
  const ordered_json document = {{"dialect", "alphafold3"},
                                 {"version", kWrittenVersion},
                                 {"name", input.name},
                                 {"sequences", sequences_json(input.chains)},
                                 {"modelSeeds", input.seeds},
                                 {"bondedAtomPairs", bonds_json(input.bonded_atom_pairs)},
                                 {"userCCD", or_null(input.user_ccd)}};
  constexpr int kIndent = 2;
  constexpr bool kAsciiOnly = true;
  return with_index_lists_on_one_line(document.dump(kIndent, ' ', kAsciiOnly));
}

}  // namespace pleat::input
