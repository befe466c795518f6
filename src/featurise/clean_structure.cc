// Cleaning: drops chains that cannot be predicted, sorts the others, drops hydrogens and leaving atoms.
#include <algorithm>
#include <set>
#include <tuple>

#include "base/error.h"
#include "featurise/structure.h"

namespace pleat::featurise {
namespace {

using AtomKey = std::tuple<std::string, int, std::string>;

AtomKey key_of(const input::BondAtom& atom) { return {atom.chain_id, atom.residue, atom.atom}; }

std::vector<std::string> residue_names(const StructureChain& chain) {
  std::vector<std::string> names;
  for (const Residue& residue : chain.residues) names.push_back(residue.name);
  return names;
}

// Whether an atom of the input is in its residue's atom list. UNL and SMILES ligands accept any atom.
bool is_listed(const StructureChain& chain, const Residue& residue, const StructureAtom& atom) {
  if (chain.molecule || residue.name == "UNL") return true;
  const auto& atoms = residue.atom_list->atoms;
  return std::any_of(atoms.begin(), atoms.end(),
                     [&](const chem::ComponentAtom& a) { return a.name == atom.name; });
}

// Keeps the input atoms for which `keep(chain, residue, residue id, atom)`, then the bonds that still have
// both atoms.
template <class Keep>
void keep_atoms(InitialStructure& structure, Keep keep) {
  std::set<AtomKey> present;
  for (StructureChain& chain : structure.chains) {
    for (size_t i = 0; i < chain.residues.size(); ++i) {
      Residue& residue = chain.residues[i];
      const int id = static_cast<int>(i) + 1;
      std::erase_if(residue.input_atoms,
                    [&](const StructureAtom& atom) { return !keep(chain, residue, id, atom); });
      for (const StructureAtom& atom : residue.input_atoms) present.insert({chain.id, id, atom.name});
    }
  }
  std::erase_if(structure.bonds, [&](const input::Bond& bond) {
    return !present.contains(key_of(bond.first)) || !present.contains(key_of(bond.second));
  });
}

bool has_atoms(const StructureChain& chain) {
  return std::any_of(chain.residues.begin(), chain.residues.end(),
                     [](const Residue& residue) { return !residue.input_atoms.empty(); });
}

void check_chain_ids(const InitialStructure& structure) {
  for (const StructureChain& chain : structure.chains) {
    const bool capitals =
        std::all_of(chain.id.begin(), chain.id.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (chain.id.empty() || !capitals) {
      throw Error("chain \"" + chain.id + "\"", "the chain id has characters other than A to Z",
                  "Rename the chain.");
    }
  }
}

const Residue& residue_of(const InitialStructure& structure, const input::BondAtom& atom) {
  const auto chain = std::find_if(structure.chains.begin(), structure.chains.end(),
                                  [&](const StructureChain& c) { return c.id == atom.chain_id; });
  PLEAT_ASSERT(chain != structure.chains.end());
  return chain->residues[atom.residue - 1];
}

// Bonds with at least one glycan end, without those that reuse an atom of an earlier one.
std::vector<input::Bond> glycan_bonds(const std::vector<input::Bond>& bonds,
                                      const InitialStructure& structure, const chem::Ccd& ccd) {
  std::vector<input::Bond> result;
  std::set<AtomKey> seen;
  for (const input::Bond& bond : bonds) {
    if (!ccd.is_glycan(residue_of(structure, bond.first).name) &&
        !ccd.is_glycan(residue_of(structure, bond.second).name)) {
      continue;
    }
    const bool first_is_new = seen.insert(key_of(bond.first)).second;
    const bool second_is_new = seen.insert(key_of(bond.second)).second;
    if (first_is_new && second_is_new) result.push_back(bond);
  }
  return result;
}

void drop_glycan_leaving_atoms(InitialStructure& structure, const chem::Ccd& ccd,
                               bool fix_standalone_glycans) {
  const InterResidueBonds all = inter_residue_bonds(structure);
  std::vector<input::Bond> bonds = glycan_bonds(all.polymer_ligand, structure, ccd);
  const std::vector<input::Bond> ligand_ligand = glycan_bonds(all.ligand_ligand, structure, ccd);
  bonds.insert(bonds.end(), ligand_ligand.begin(), ligand_ligand.end());

  keep_atoms(structure,
             [&](const StructureChain& chain, const Residue& residue, int id, const StructureAtom& atom) {
               if (atom.name != "O1" || chain.type != chem::ChainType::ligand || !ccd.is_glycan(residue.name))
                 return true;
               return !drops_leaving_oxygen(bonded_atom_names(bonds, chain.id, id), fix_standalone_glycans);
             });
}

}  // namespace

bool is_unknown(const std::vector<std::string>& codes) {
  constexpr std::string_view kUnknown[] = {"UNK", "N", "DN", "UNL"};
  return !codes.empty() &&
         std::find(std::begin(kUnknown), std::end(kUnknown), codes[0]) != std::end(kUnknown) &&
         std::all_of(codes.begin(), codes.end(), [&](const std::string& code) { return code == codes[0]; });
}

bool chain_id_less(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

bool drops_leaving_oxygen(const std::vector<std::string>& bonded_atoms, bool fix_standalone_glycans) {
  if (fix_standalone_glycans && bonded_atoms.empty()) return false;
  return std::find(bonded_atoms.begin(), bonded_atoms.end(), "O1") == bonded_atoms.end();
}

std::vector<std::string> bonded_atom_names(const std::vector<input::Bond>& bonds, const std::string& chain_id,
                                           int residue) {
  std::vector<std::string> names;
  for (const input::Bond& bond : bonds) {
    for (const input::BondAtom& atom : {bond.first, bond.second}) {
      if (atom.chain_id != chain_id || atom.residue != residue) continue;
      names.push_back(atom.atom);
      break;
    }
  }
  return names;
}

InterResidueBonds inter_residue_bonds(const InitialStructure& structure) {
  std::set<std::string> ligands;
  for (const StructureChain& chain : structure.chains) {
    if (chain.type == chem::ChainType::ligand) ligands.insert(chain.id);
  }
  InterResidueBonds result;
  for (const input::Bond& bond : structure.bonds) {
    const auto& [from, to] = bond;
    if (from.chain_id == to.chain_id && from.residue == to.residue) continue;
    const int ligand_ends =
        static_cast<int>(ligands.count(from.chain_id)) + static_cast<int>(ligands.count(to.chain_id));
    if (ligand_ends == 1) result.polymer_ligand.push_back(bond);
    if (ligand_ends == 2) result.ligand_ligand.push_back(bond);
  }
  return result;
}

void clean_structure(InitialStructure& structure, const chem::Ccd& ccd, bool fix_standalone_glycans) {
  std::erase_if(structure.chains, [](const auto& chain) { return is_unknown(residue_names(chain)); });
  check_chain_ids(structure);
  std::sort(structure.chains.begin(), structure.chains.end(),
            [](const StructureChain& a, const StructureChain& b) { return chain_id_less(a.id, b.id); });
  keep_atoms(structure,
             [](const StructureChain& chain, const Residue& residue, int, const StructureAtom& atom) {
               return is_listed(chain, residue, atom) && atom.element != "H" && atom.element != "D";
             });
  drop_glycan_leaving_atoms(structure, ccd, fix_standalone_glycans);
  std::erase_if(structure.chains, [](const StructureChain& chain) { return !has_atoms(chain); });
}

}  // namespace pleat::featurise
