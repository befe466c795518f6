#include "featurise/tokens.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/log.h"
#include "featurise/residue_types.h"

namespace pleat::featurise {
namespace {

// Whether all atoms of the residue form one token.
bool is_one_token(const StructureChain& chain, const Residue& residue) {
  switch (chain.type) {
    case chem::ChainType::protein:
      return is_standard_amino_acid(residue.name) || residue.name == "MSE";
    case chem::ChainType::rna:
    case chem::ChainType::dna:
      return is_standard_nucleotide(residue.name);
    case chem::ChainType::ligand:
      return false;
  }
  return false;
}

bool has_atom(const Residue& residue, const std::string& name) {
  return std::any_of(residue.atoms.begin(), residue.atoms.end(),
                     [&](const StructureAtom& atom) { return atom.name == name; });
}

const std::string& representative_atom(const StructureChain& chain, const Residue& residue) {
  static const std::string kProtein = "CA", kNucleic = "C1'";
  const std::string& wanted = is_nucleic(chain.type) ? kNucleic : kProtein;
  return has_atom(residue, wanted) ? wanted : residue.atoms.front().name;
}

// The slots of a whole-residue token: its atoms in the order of the atom list, blank for heavy atoms that are
// not predicted (OXT, OP3), at most 24.
std::vector<std::string> residue_slots(const StructureChain& chain, const Residue& residue) {
  std::vector<std::string> slots;
  for (const chem::ComponentAtom& atom : residue.atom_list->atoms) {
    const bool present = has_atom(residue, atom.name);
    const bool hydrogen = atom.element == "H" || atom.element == "D";
    if (present || !hydrogen) slots.push_back(present ? atom.name : "");
  }
  if (slots.size() > kAtomSlots) {
    log_warning("chain {}: {} has {} atoms; pleat predicts only the first {}", chain.id, residue.name,
                slots.size(), kAtomSlots);
  }
  slots.resize(kAtomSlots);
  return slots;
}

void add_token(Tokens& tokens, const Token& token, const std::string& representative,
               const std::vector<std::string>& slots) {
  const int id = token.residue + 1;
  tokens.tokens.push_back(token);
  tokens.representatives.atoms.push_back({token.chain, id, representative});
  for (const std::string& name : slots) tokens.atoms.atoms.push_back({token.chain, id, name});
}

// Adds the tokens of a residue; returns by how much the standard index advances.
int add_residue(Tokens& tokens, const StructureChain& chain, const Token& token) {
  const Residue& residue = chain.residues[token.residue];
  if (residue.atoms.empty()) return 0;
  if (is_one_token(chain, residue)) {
    add_token(tokens, token, representative_atom(chain, residue), residue_slots(chain, residue));
    return 1;
  }
  for (const StructureAtom& atom : residue.atoms) {
    std::vector<std::string> slots(kAtomSlots);
    slots[0] = atom.name;
    add_token(tokens, token, atom.name, slots);
  }
  return is_polymer(chain.type) ? 1 : static_cast<int>(residue.atoms.size());
}

std::string sequence_of(const StructureChain& chain) {
  std::string sequence;
  if (!is_polymer(chain.type)) return sequence;
  for (const Residue& residue : chain.residues) sequence += letter_of_component(residue.name, chain.type);
  return sequence;
}

OutputChain output_chain(const StructureChain& chain) {
  OutputChain result{chain.id, chain.type, chain.mmcif_type, sequence_of(chain), chain.smiles, {}};
  int id = 0;
  for (const Residue& residue : chain.residues) result.residues.push_back({residue.name, ++id});
  return result;
}

}  // namespace

Tokens tokenise(const Structure& structure) {
  Tokens tokens;
  int standard_index = 0;
  for (size_t c = 0; c < structure.chains.size(); ++c) {
    for (size_t r = 0; r < structure.chains[c].residues.size(); ++r) {
      const Token token{static_cast<int>(c), static_cast<int>(r), standard_index};
      standard_index += add_residue(tokens, structure.chains[c], token);
    }
  }
  tokens.representatives.shape = {tokens.size()};
  tokens.atoms.shape = {tokens.size(), kAtomSlots};
  return tokens;
}

StructureLayout make_structure_layout(const Structure& structure, const Tokens& tokens) {
  std::unordered_map<AtomId, int, AtomIdHash> slot_of;
  for (size_t i = 0; i < tokens.atoms.atoms.size(); ++i) {
    if (!tokens.atoms.atoms[i].blank()) slot_of[tokens.atoms.atoms[i]] = static_cast<int>(i);
  }
  StructureLayout layout;
  std::unordered_map<AtomId, int, AtomIdHash> atom_of;
  for (size_t c = 0; c < structure.chains.size(); ++c) {
    const int chain = static_cast<int>(c);
    layout.chains.push_back(output_chain(structure.chains[c]));
    for (size_t r = 0; r < structure.chains[c].residues.size(); ++r) {
      const int residue = static_cast<int>(r);
      for (const StructureAtom& atom : structure.chains[c].residues[r].atoms) {
        const AtomId id{chain, residue + 1, atom.name};
        const auto slot = slot_of.find(id);
        const bool found = slot != slot_of.end();
        atom_of[id] = static_cast<int>(layout.atoms.size());
        layout.atoms.push_back({chain, residue, atom.name, atom.element,
                                found ? slot->second / kAtomSlots : -1,
                                found ? slot->second % kAtomSlots : -1});
      }
    }
  }
  for (const Token& token : tokens.tokens) layout.tokens.push_back({token.chain, token.residue + 1});
  for (const auto* bonds : {&structure.polymer_ligand_bonds, &structure.ligand_ligand_bonds}) {
    for (const AtomPair& bond : *bonds) layout.bonds.push_back({atom_of.at(bond[0]), atom_of.at(bond[1])});
  }
  return layout;
}

}  // namespace pleat::featurise
