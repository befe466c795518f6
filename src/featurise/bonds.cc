#include "featurise/bonds.h"

#include <fmt/format.h>

#include <unordered_set>

#include "base/error.h"
#include "featurise/residue_types.h"

namespace pleat::featurise {
namespace {

AtomLayout pair_layout(const std::vector<AtomPair>& pairs) {
  AtomLayout layout{{static_cast<int64_t>(pairs.size()), 2}, {}};
  for (const AtomPair& pair : pairs) layout.atoms.insert(layout.atoms.end(), pair.begin(), pair.end());
  return layout;
}

using AtomSet = std::unordered_set<AtomId, AtomIdHash>;

std::vector<AtomPair> between_tokens(const std::vector<AtomPair>& pairs, const AtomSet& token_atoms) {
  std::vector<AtomPair> kept;
  for (const AtomPair& pair : pairs) {
    if (token_atoms.contains(pair[0]) && token_atoms.contains(pair[1])) kept.push_back(pair);
  }
  return kept;
}

// The bond between tokens: an end on a polymer moves to the atom that represents a standard residue.
AtomPair at_representatives(AtomPair pair, const Structure& structure) {
  for (AtomId& atom : pair) {
    const chem::ChainType type = structure.chains[atom.chain].type;
    if (type == chem::ChainType::protein) atom.name = "CA";
    if (is_nucleic(type)) atom.name = "C1'";
  }
  return pair;
}

// Bonds inside residues with one token per atom, in token order, then in the component's order.
void append_component_bonds(const Structure& structure, const Tokens& tokens, std::vector<AtomPair>& pairs) {
  const Token* last = nullptr;
  for (const Token& token : tokens.tokens) {
    const bool seen = last && last->same_residue(token);
    last = &token;
    if (seen) continue;
    const Residue& residue = residue_of(structure, token);
    if (is_standard_amino_acid(residue.name) || is_standard_nucleotide(residue.name)) continue;
    for (const chem::ComponentBond& bond : residue.component->bonds) {
      const int id = token.residue + 1;
      pairs.push_back({AtomId{token.chain, id, bond.atom_1}, AtomId{token.chain, id, bond.atom_2}});
    }
  }
}

// Bonds within and between ligands. As in the reference, names that start with H count as hydrogens, even
// metals such as HG.
std::vector<AtomPair> ligand_bonds(const Structure& structure, const Tokens& tokens,
                                   const AtomSet& token_atoms) {
  std::vector<AtomPair> bonds = structure.ligand_ligand_bonds;
  append_component_bonds(structure, tokens, bonds);
  bonds = between_tokens(bonds, token_atoms);
  std::erase_if(bonds, [](const AtomPair& pair) {
    return pair[0].name.starts_with('H') || pair[1].name.starts_with('H');
  });
  return bonds;
}

int64_t ligand_rows(int64_t bucket) { return 10 * bucket; }

void require_rows(const std::vector<AtomPair>& bonds, int64_t rows) {
  if (static_cast<int64_t>(bonds.size()) <= rows) return;
  throw Error("$.bondedAtomPairs",
              fmt::format("the job has {} bonds; the network takes at most {} for this number of tokens",
                          bonds.size(), rows),
              "Remove some bonds.");
}

}  // namespace

TokenBonds token_bonds(const Structure& structure, const Tokens& tokens, int64_t bucket) {
  const auto& representatives = tokens.representatives.atoms;
  const AtomSet token_atoms(representatives.begin(), representatives.end());
  TokenBonds bonds;
  bonds.polymer_ligand_atoms = structure.polymer_ligand_bonds;
  for (const AtomPair& bond : bonds.polymer_ligand_atoms) {
    bonds.polymer_ligand.push_back(at_representatives(bond, structure));
  }
  bonds.polymer_ligand = between_tokens(bonds.polymer_ligand, token_atoms);
  bonds.ligand_ligand = ligand_bonds(structure, tokens, token_atoms);
  require_rows(bonds.polymer_ligand, bucket);
  require_rows(bonds.polymer_ligand_atoms, bucket);
  require_rows(bonds.ligand_ligand, ligand_rows(bucket));
  return bonds;
}

void fill_bonds(const TokenBonds& bonds, const Tokens& tokens, int64_t bucket, Batch& batch) {
  const AtomLayout& representatives = tokens.representatives;
  batch.tokens_to_polymer_ligand_bonds =
      compute_gather(representatives, pair_layout(bonds.polymer_ligand).padded(bucket));
  if (bonds.polymer_ligand_atoms.empty()) {
    batch.token_atoms_to_polymer_ligand_bonds = {Tensor<int64_t>({bucket, 2}), Tensor<uint8_t>({bucket, 2}),
                                                 Tensor<int64_t>({2}, Shape{bucket, kAtomSlots})};
  } else {
    batch.token_atoms_to_polymer_ligand_bonds =
        compute_gather(tokens.atoms, pair_layout(bonds.polymer_ligand_atoms).padded(bucket));
  }
  batch.tokens_to_ligand_ligand_bonds =
      compute_gather(representatives, pair_layout(bonds.ligand_ligand).padded(ligand_rows(bucket)));
}

}  // namespace pleat::featurise
