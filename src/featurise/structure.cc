#include "featurise/structure.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace pleat::featurise {
namespace {

// "Cl" for "CL": SMILES ligands use the usual case of element symbols.
std::string symbol_case(std::string element) {
  for (size_t i = 1; i < element.size(); ++i) element[i] = lower_case(element[i]);
  return element;
}

bool names_atom(const std::vector<StructureAtom>& atoms, const std::string& name) {
  return std::any_of(atoms.begin(), atoms.end(), [&](const StructureAtom& a) { return a.name == name; });
}

// The atoms that leave when a residue is linked to its neighbours.
bool is_leaving_atom(const StructureChain& chain, size_t residue, const std::string& atom,
                     const std::vector<input::Bond>& bonds, const chem::Ccd& ccd,
                     bool fix_standalone_glycans) {
  const Residue& r = chain.residues[residue];
  switch (chain.type) {
    case chem::ChainType::protein:
      return (atom == "OXT" || atom == "HXT") && residue + 1 != chain.residues.size() &&
             !names_atom(r.input_atoms, "OXT");
    case chem::ChainType::rna:
    case chem::ChainType::dna:
      return atom == "OP3" && residue != 0;
    case chem::ChainType::ligand:
      return atom == "O1" && ccd.is_glycan(r.name) &&
             drops_leaving_oxygen(bonded_atom_names(bonds, chain.id, static_cast<int>(residue) + 1),
                                  fix_standalone_glycans);
  }
  return false;
}

void list_atoms(StructureChain& chain, const std::vector<input::Bond>& bonds, const chem::Ccd& ccd,
                bool fix_standalone_glycans) {
  for (size_t i = 0; i < chain.residues.size(); ++i) {
    Residue& residue = chain.residues[i];
    for (const chem::ComponentAtom& atom : residue.atom_list->atoms) {
      if (atom.element == "H" || atom.element == "D") continue;
      if (is_leaving_atom(chain, i, atom.name, bonds, ccd, fix_standalone_glycans)) continue;
      residue.atoms.push_back({atom.name, chain.molecule ? symbol_case(atom.element) : atom.element});
    }
  }
}

bool has_no_atoms(const StructureChain& chain) {
  return std::all_of(chain.residues.begin(), chain.residues.end(),
                     [](const Residue& residue) { return residue.atoms.empty(); });
}

std::optional<AtomId> to_atom_id(const input::BondAtom& atom, const std::vector<StructureChain>& chains) {
  for (size_t c = 0; c < chains.size(); ++c) {
    if (chains[c].id != atom.chain_id) continue;
    const Residue& residue = chains[c].residues[atom.residue - 1];
    if (!names_atom(residue.atoms, atom.atom)) break;
    return AtomId{static_cast<int>(c), atom.residue, atom.atom};
  }
  return std::nullopt;
}

// `end` is 0 or 1. The bond equals one of the input's: cleaning drops only whole bonds.
Error not_predicted(const input::FoldInput& input, const input::Bond& bond, int end) {
  const auto& bonds = input.bonded_atom_pairs;
  const auto index = std::find(bonds.begin(), bonds.end(), bond) - bonds.begin();
  const input::BondAtom& atom = end == 0 ? bond.first : bond.second;
  return Error("$.bondedAtomPairs[" + std::to_string(index) + "][" + std::to_string(end) + "][2]",
               "the atom " + atom.atom + " of chain " + atom.chain_id + ", residue " +
                   std::to_string(atom.residue) +
                   ", leaves when the residue is linked, so pleat does not predict it",
               "Bond another atom.");
}

std::vector<AtomPair> to_atom_pairs(const std::vector<input::Bond>& bonds,
                                    const std::vector<StructureChain>& chains, const input::FoldInput& input,
                                    Findings& found) {
  std::vector<AtomPair> pairs;
  for (const input::Bond& bond : bonds) {
    const auto from = to_atom_id(bond.first, chains), to = to_atom_id(bond.second, chains);
    if (!from) found.problems.push_back(not_predicted(input, bond, 0));
    if (!to) found.problems.push_back(not_predicted(input, bond, 1));
    if (from && to) pairs.push_back({*from, *to});
  }
  return pairs;
}

}  // namespace

Structure make_structure(const input::FoldInput& input, const chem::Ccd& ccd, const FeaturiseOptions& options,
                         Findings& found) {
  InitialStructure initial = initial_structure(input, ccd);
  clean_structure(initial, ccd, options.fix_standalone_glycans);
  const InterResidueBonds bonds = inter_residue_bonds(initial);
  std::vector<input::Bond> all_bonds = bonds.polymer_ligand;
  all_bonds.insert(all_bonds.end(), bonds.ligand_ligand.begin(), bonds.ligand_ligand.end());

  Structure structure;
  structure.chains = std::move(initial.chains);
  for (StructureChain& chain : structure.chains) {
    list_atoms(chain, all_bonds, ccd, options.fix_standalone_glycans);
  }
  std::erase_if(structure.chains, has_no_atoms);
  if (structure.chains.empty()) {
    throw Error("job \"" + input.name + "\"",
                "all residues are unknown or hydrogen, so there is nothing to predict",
                "Give at least one chain with known residues.");
  }
  structure.polymer_ligand_bonds = to_atom_pairs(bonds.polymer_ligand, structure.chains, input, found);
  structure.ligand_ligand_bonds = to_atom_pairs(bonds.ligand_ligand, structure.chains, input, found);
  return structure;
}

}  // namespace pleat::featurise
