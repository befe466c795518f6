// The structure as the input gives it: the components of every residue and the atoms of the bonds.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "featurise/residue_types.h"
#include "featurise/structure.h"

namespace pleat::featurise {
namespace {

std::string place(const std::string& chain, size_t residue) {
  return "chain " + chain + ", residue " + std::to_string(residue);
}

Residue make_residue(const chem::Ccd& ccd, std::string code, const std::string& where) {
  Residue residue;
  try {
    residue.component = require_component(ccd, code);
    residue.atom_list = code == "UNK" ? require_component(ccd, "GLY") : residue.component;
  } catch (const Error& error) {
    throw error.within(where);
  }
  residue.name = std::move(code);
  return residue;
}

// The first atom name that is too long for the network; nullptr when there is none.
const std::string* too_long_name(const chem::Component& component) {
  const auto found =
      std::find_if(component.atoms.begin(), component.atoms.end(),
                   [](const chem::ComponentAtom& atom) { return atom.name.size() > chem::kLongestAtomName; });
  return found == component.atoms.end() ? nullptr : &found->name;
}

StructureChain empty_chain(const std::string& id, chem::ChainType type, std::string mmcif_type) {
  StructureChain chain;
  chain.id = id;
  chain.type = type;
  chain.mmcif_type = std::move(mmcif_type);
  return chain;
}

template <class Polymer>
std::vector<std::string> polymer_codes(const Polymer& chain, chem::ChainType type) {
  std::vector<std::string> codes;
  for (char letter : chain.sequence) codes.push_back(component_of_letter(letter, type));
  for (const input::Modification& modification : chain.modifications) {
    if (modification.position < 1 || modification.position > static_cast<int>(codes.size())) {
      throw Error("chain " + chain.id,
                  "the modification " + modification.ccd_code + " is at position " +
                      std::to_string(modification.position) + " of a sequence of " +
                      std::to_string(codes.size()),
                  "Count positions from 1.");
    }
    codes[modification.position - 1] = modification.ccd_code;
  }
  return codes;
}

StructureChain smiles_chain(const input::Ligand& input, const chem::Ccd& ccd) {
  StructureChain chain = empty_chain(input.id, chem::ChainType::ligand, "non-polymer");
  chain.smiles = *input.smiles;
  std::string name;
  try {
    name = smiles_residue_name(input, ccd);
    chain.molecule = chem::Molecule::from_smiles(*input.smiles);
    chain.smiles_component = std::make_shared<chem::Component>(chain.molecule->as_component(name));
  } catch (const Error& error) {
    throw error.within("chain " + input.id);
  }
  Residue& residue = chain.residues.emplace_back();
  residue.name = std::move(name);
  residue.component = residue.atom_list = chain.smiles_component.get();
  return chain;
}

std::string mmcif_type(const input::Chain& chain, size_t residues) {
  switch (chain_type(chain)) {
    case chem::ChainType::protein:
      return "polypeptide(L)";
    case chem::ChainType::rna:
      return "polyribonucleotide";
    case chem::ChainType::dna:
      return "polydeoxyribonucleotide";
    case chem::ChainType::ligand:
      break;
  }
  return residues > 1 ? "branched" : "non-polymer";
}

StructureChain make_chain(const input::Chain& input, const chem::Ccd& ccd) {
  const auto* ligand = std::get_if<input::Ligand>(&input);
  if (ligand && ligand->smiles) return smiles_chain(*ligand, ccd);
  const std::vector<std::string> codes = component_codes(input);
  const std::string& id = input::chain_id(input);
  StructureChain chain = empty_chain(id, chain_type(input), mmcif_type(input, codes.size()));
  for (size_t i = 0; i < codes.size(); ++i) {
    chain.residues.push_back(make_residue(ccd, codes[i], place(id, i + 1)));
  }
  return chain;
}

// The element of a component's atom, as written; "?" when there is no such atom.
std::string element_of(const chem::Component& component, const std::string& atom) {
  for (const chem::ComponentAtom& candidate : component.atoms) {
    if (candidate.name == atom) return candidate.element;
  }
  return "?";
}

Residue& find_residue(InitialStructure& structure, const input::BondAtom& atom) {
  for (StructureChain& chain : structure.chains) {
    if (chain.id != atom.chain_id) continue;
    if (atom.residue >= 1 && atom.residue <= static_cast<int>(chain.residues.size())) {
      return chain.residues[atom.residue - 1];
    }
    throw Error("$.bondedAtomPairs",
                "chain " + atom.chain_id + " has no residue " + std::to_string(atom.residue) + " but " +
                    std::to_string(chain.residues.size()) + " residues",
                "Count residues from 1.");
  }
  throw Error("$.bondedAtomPairs", "there is no chain " + atom.chain_id, "Use the ids of the job's chains.");
}

void mention_bonded_atoms(InitialStructure& structure) {
  for (const input::Bond& bond : structure.bonds) {
    for (const input::BondAtom& atom : {bond.first, bond.second}) {
      Residue& residue = find_residue(structure, atom);
      try {
        require_atom(*residue.component, atom.atom);
      } catch (const Error& error) {
        throw error.within("$.bondedAtomPairs: " + place(atom.chain_id, static_cast<size_t>(atom.residue)));
      }
      const auto same = [&](const StructureAtom& known) { return known.name == atom.atom; };
      if (std::any_of(residue.input_atoms.begin(), residue.input_atoms.end(), same)) continue;
      residue.input_atoms.push_back({atom.atom, element_of(*residue.component, atom.atom)});
    }
  }
}

// The one atom of a residue without bonds: the first of its list that can never leave.
StructureAtom placeholder_atom(const StructureChain& chain, const Residue& residue) {
  const auto& atoms = residue.atom_list->atoms;
  if (chain.molecule || atoms.empty()) return {"", "?"};
  const std::string& name = atoms[atoms[0].name == "O1" && atoms.size() > 1 ? 1 : 0].name;
  return {name, element_of(*residue.component, name)};
}

}  // namespace

bool is_hydrogen_alone(const chem::Component& component) {
  return !component.atoms.empty() &&
         std::all_of(component.atoms.begin(), component.atoms.end(),
                     [](const chem::ComponentAtom& atom) { return chem::atomic_number(atom.element) == 1; });
}

Error hydrogen_alone(const std::string& what) {
  return Error("", what + " consists of hydrogens, which are not predicted, so that nothing of it is left",
               "Leave it out.");
}

const chem::Component* require_component(const chem::Ccd& ccd, const std::string& code) {
  const chem::Component* component = ccd.find(code);
  if (!component) {
    const std::string meant = upper_case(code.starts_with("CCD_") ? code.substr(4) : code);
    const std::string fix =
        ccd.find(meant)
            ? "Write '" + meant + "' instead."
            : "Correct the code, define the component in userCCD, or use the full dictionary: build it once "
              "from https://files.wwpdb.org/pub/pdb/data/monomers/components.cif.gz with 'pleat ccd build "
              "components.cif.gz --output ccd.bin', and give --ccd ccd.bin.";
    throw Error("", "the chemical component " + code + " is not in the dictionary", fix);
  }
  if (component->atoms.empty() && code != "UNL") {
    throw Error("", "the chemical component " + code + " has no atoms", "Add its atoms.");
  }
  if (is_hydrogen_alone(*component)) throw hydrogen_alone("the chemical component " + code);
  if (const std::string* name = too_long_name(*component)) {
    throw Error(
        "", "the chemical component " + code + " has an atom named " + *name,
        fmt::format("Use at most {} characters; the network reads no longer names.", chem::kLongestAtomName));
  }
  return component;
}

std::string smiles_residue_name(const input::Ligand& ligand, const chem::Ccd& ccd) {
  std::string name = "LIG_" + ligand.id;
  if (!ccd.find(name)) return name;
  throw Error("", "the SMILES ligand would be named " + name + ", which is a chemical component",
              "Rename the component or the chain.");
}

void require_atom(const chem::Component& component, const std::string& name) {
  std::vector<std::string> names;
  for (const chem::ComponentAtom& atom : component.atoms) names.push_back(atom.name);
  std::sort(names.begin(), names.end());
  if (std::binary_search(names.begin(), names.end(), name)) return;
  std::string valid;
  for (const std::string& known : names) valid += (valid.empty() ? "" : " ") + known;
  throw Error("", "component " + component.id + " has no atom " + name, "Its atoms are " + valid + ".");
}

chem::ChainType chain_type(const input::Chain& chain) {
  if (std::holds_alternative<input::ProteinChain>(chain)) return chem::ChainType::protein;
  if (std::holds_alternative<input::RnaChain>(chain)) return chem::ChainType::rna;
  return std::holds_alternative<input::DnaChain>(chain) ? chem::ChainType::dna : chem::ChainType::ligand;
}

std::vector<std::string> component_codes(const input::Chain& chain) {
  if (const auto* ligand = std::get_if<input::Ligand>(&chain)) return ligand->ccd_codes;
  if (const auto* protein = std::get_if<input::ProteinChain>(&chain))
    return polymer_codes(*protein, chem::ChainType::protein);
  if (const auto* rna = std::get_if<input::RnaChain>(&chain))
    return polymer_codes(*rna, chem::ChainType::rna);
  return polymer_codes(std::get<input::DnaChain>(chain), chem::ChainType::dna);
}

InitialStructure initial_structure(const input::FoldInput& input, const chem::Ccd& ccd) {
  InitialStructure structure;
  for (const input::Chain& chain : input.chains) {
    structure.chains.push_back(make_chain(chain, ccd));
    if (structure.chains.back().residues.empty()) {
      throw Error("chain " + input::chain_id(chain), "the chain has no residues",
                  "Give a sequence or a component.");
    }
  }
  structure.bonds = input.bonded_atom_pairs;
  mention_bonded_atoms(structure);
  for (StructureChain& chain : structure.chains) {
    for (Residue& residue : chain.residues) {
      if (residue.input_atoms.empty()) residue.input_atoms.push_back(placeholder_atom(chain, residue));
    }
  }
  return structure;
}

}  // namespace pleat::featurise
