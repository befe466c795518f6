#include "featurise/unseen_input.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "featurise/residue_types.h"
#include "featurise/structure.h"
#include "featurise/templates.h"

namespace pleat::featurise {
namespace {

constexpr const char* kAsReference = "AlphaFold 3 leaves it out, too.";

using ChainsById = std::map<std::string, const input::Chain*>;

bool is_ligand(const input::Chain& chain) { return std::holds_alternative<input::Ligand>(chain); }

// The element of a bonded atom in capitals; empty where its component has no such atom.
std::string element_of(const input::BondAtom& atom, const ChainsById& chains, const chem::Ccd& ccd) {
  const std::string code = component_codes(*chains.at(atom.chain_id))[static_cast<size_t>(atom.residue) - 1];
  const chem::Component* component = ccd.find(code);
  if (!component) return "";
  for (const chem::ComponentAtom& candidate : component->atoms)
    if (candidate.name == atom.atom) return candidate.element;
  return "";
}

// Why the network does not see a bond; empty where it does.
std::string why_unseen(const input::Bond& bond, const ChainsById& chains, const chem::Ccd& ccd) {
  const auto& [from, to] = bond;
  if (from == to) return "it joins an atom to itself";
  if (from.chain_id == to.chain_id && from.residue == to.residue) return "both atoms are in one residue";
  const input::Chain &first = *chains.at(from.chain_id), &second = *chains.at(to.chain_id);
  for (const auto& [atom, chain] : {std::pair(&from, &first), std::pair(&to, &second)}) {
    const std::string element = element_of(*atom, chains, ccd);
    if (element == "H" || element == "D") return fmt::format("{} is a hydrogen", atom->atom);
    if (is_unknown(component_codes(*chain)))
      return fmt::format("chain {} is not predicted, as all its residues are unknown", atom->chain_id);
  }
  if (!is_ligand(first) && !is_ligand(second)) return "both atoms are in polymers";
  const bool taken_for_hydrogen =
      is_ligand(first) && is_ligand(second) && (from.atom.starts_with('H') || to.atom.starts_with('H'));
  return taken_for_hydrogen ? "between ligands, atoms whose names start with H are taken for hydrogens" : "";
}

void check_bonds(const input::FoldInput& input, const chem::Ccd& ccd, const Place& place, Findings& found) {
  ChainsById chains;
  for (const input::Chain& chain : input.chains) chains.emplace(input::chain_id(chain), &chain);
  std::set<input::Bond> seen;
  for (size_t i = 0; i < input.bonded_atom_pairs.size(); ++i) {
    const input::Bond& bond = input.bonded_atom_pairs[i];
    std::string why = why_unseen(bond, chains, ccd);
    if (why.empty() && seen.contains({bond.second, bond.first})) why = "an earlier one joins the same atoms";
    seen.insert(bond);
    if (why.empty()) continue;
    const auto text = [](const input::BondAtom& atom) {
      return fmt::format("{} {} {}", atom.chain_id, atom.residue, atom.atom);
    };
    found.warnings.emplace_back(
        place.item(i),
        fmt::format("the bond {} - {} has no effect: {}", text(bond.first), text(bond.second), why),
        kAsReference);
  }
}

// The atoms that a residue of a polymer needs to stand in its chain.
std::vector<std::string> backbone(chem::ChainType type) {
  if (type == chem::ChainType::protein) return {"N", "CA", "C"};
  return {"C1'"};
}

void check_backbone(const input::Modification& modification, chem::ChainType type, const chem::Ccd& ccd,
                    const Place& place, Findings& found) {
  const chem::Component* component = ccd.find(modification.ccd_code);
  if (!component) return;
  std::vector<std::string> missing = backbone(type);
  for (const chem::ComponentAtom& atom : component->atoms) std::erase(missing, atom.name);
  if (missing.empty()) return;
  found.warnings.emplace_back(
      place,
      fmt::format("{} is no {}: it has no {}", modification.ccd_code,
                  type == chem::ChainType::protein ? "amino acid" : "nucleotide", fmt::join(missing, ", ")),
      "It is predicted, as AlphaFold 3 does, though nothing joins it to the chain.");
}

template <class Polymer>
void check_modifications(const Polymer& chain, chem::ChainType type, const chem::Ccd& ccd, const Place& place,
                         Findings& found) {
  std::map<int, size_t> last;  // by position
  for (size_t i = 0; i < chain.modifications.size(); ++i) last[chain.modifications[i].position] = i;
  for (size_t i = 0; i < chain.modifications.size(); ++i) {
    const input::Modification& modification = chain.modifications[i];
    const size_t counts = last.at(modification.position);
    if (counts != i)
      found.warnings.emplace_back(
          place.item(i),
          fmt::format("{} at position {} has no effect: a later modification, {}, takes "
                      "the same position",
                      modification.ccd_code, modification.position, chain.modifications[counts].ccd_code),
          "Keep one of them.");
    else
      check_backbone(modification, type, ccd, place.item(i), found);
  }
}

void check_modifications(const input::Ligand&, chem::ChainType, const chem::Ccd&, const Place&, Findings&) {}

void check_templates(const input::ProteinChain& chain, const Place& place, Findings& found) {
  const std::vector<input::Template>& templates = *chain.templates;
  if (templates.empty()) return;
  // A modified residue is one token for each of its atoms.
  if (chain.modifications.empty() && chain.sequence.size() < static_cast<size_t>(kShortestWithTemplates)) {
    found.warnings.emplace_back(
        place,
        fmt::format("the templates have no effect: the chain has fewer than {} residues",
                    kShortestWithTemplates),
        kAsReference);
    return;
  }
  if (templates.size() > static_cast<size_t>(kTemplates))
    found.warnings.emplace_back(
        place.item(static_cast<size_t>(kTemplates)),
        fmt::format("the chain has {} templates, and the network takes {}: this one and "
                    "those after it have no effect",
                    templates.size(), kTemplates),
        "Put the best ones first.");
  for (size_t i = 0; i < std::min(templates.size(), static_cast<size_t>(kTemplates)); ++i)
    if (templates[i].query_indices.empty())
      found.warnings.emplace_back(place.item(i), "the template has no effect: it maps no residue",
                                  "Fill queryIndices and templateIndices.");
}

// Chains of equal residues share the templates of the one whose id comes first.
void check_shared_templates(const input::FoldInput& input, const JobPlaces& places, Findings& found) {
  std::map<std::vector<std::string>, size_t> first;  // by residues
  for (size_t i = 0; i < input.chains.size(); ++i) {
    if (!std::holds_alternative<input::ProteinChain>(input.chains[i])) continue;
    const auto [entry, is_new] = first.emplace(component_codes(input.chains[i]), i);
    if (!is_new && chain_id_less(chain_id(input.chains[i]), chain_id(input.chains[entry->second])))
      entry->second = i;
  }
  std::set<std::string> reported;  // places
  for (size_t i = 0; i < input.chains.size(); ++i) {
    const auto* protein = std::get_if<input::ProteinChain>(&input.chains[i]);
    if (!protein || !protein->templates) continue;
    const size_t serving = first.at(component_codes(input.chains[i]));
    const auto& other = std::get<input::ProteinChain>(input.chains[serving]);
    if (serving == i || !other.templates || *other.templates == *protein->templates) continue;
    const Place place = places.chains[i].key("templates");
    if (reported.insert(place.text()).second)
      found.warnings.emplace_back(
          place,
          fmt::format(
              "these templates have no effect: chain {} has the same residues as chain {}, whose templates "
              "serve both",
              protein->id, other.id),
          "Give both chains the same templates.");
  }
}

void check_own_components(const input::FoldInput& input, const Place& place, Findings& found) {
  std::set<std::string> used;
  for (const input::Chain& chain : input.chains)
    for (const std::string& code : component_codes(chain)) used.insert(code);
  for (const chem::Component& component : chem::read_user_components(*input.user_ccd).components)
    if (!used.contains(component.id))
      found.warnings.emplace_back(
          place, fmt::format("the component {} has no effect: no chain uses it", component.id));
}

}  // namespace

void check_unseen(const input::FoldInput& input, const chem::Ccd& ccd, const JobPlaces& places,
                  Findings& found) {
  for (size_t i = 0; i < input.chains.size(); ++i) {
    const bool is_copy = i > 0 && places.chains[i] == places.chains[i - 1];
    if (is_copy) continue;
    const input::Chain& chain = input.chains[i];
    std::visit(
        [&](const auto& c) {
          check_modifications(c, chain_type(chain), ccd, places.chains[i].key("modifications"), found);
        },
        chain);
    const auto* protein = std::get_if<input::ProteinChain>(&chain);
    if (protein && protein->templates) check_templates(*protein, places.chains[i].key("templates"), found);
  }
  check_shared_templates(input, places, found);
  check_bonds(input, ccd, places.job.key("bondedAtomPairs"), found);
  if (input.user_ccd) check_own_components(input, places.job.key("userCCD"), found);
}

}  // namespace pleat::featurise
