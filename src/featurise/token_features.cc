#include "featurise/token_features.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>

#include "featurise/residue_types.h"

namespace pleat::featurise {
namespace {

struct ChainNumbers {
  int32_t entity = 0, copy = 0;
};

// Chains with equal residue names, token by token, are copies of one entity.
std::vector<ChainNumbers> number_chains(const Structure& structure, const Tokens& tokens) {
  std::vector<std::string> names(structure.chains.size());
  for (const Token& token : tokens.tokens) {
    names[token.chain] += residue_of(structure, token).name + ',';
  }
  std::map<std::string, ChainNumbers> entities;
  std::vector<ChainNumbers> numbers;
  for (const std::string& name : names) {
    ChainNumbers& entity = entities[name];
    if (entity.entity == 0) entity.entity = static_cast<int32_t>(entities.size());
    ++entity.copy;
    numbers.push_back(entity);
  }
  return numbers;
}

std::span<const AtomId> slots_of(const Tokens& tokens, int64_t token) {
  return {tokens.atoms.atoms.data() + token * kAtomSlots, static_cast<size_t>(kAtomSlots)};
}

// Slot of the atom of that name, -1 when the token has none.
int find_slot(std::span<const AtomId> slots, std::string_view name) {
  const auto found =
      std::find_if(slots.begin(), slots.end(), [&](const AtomId& id) { return id.name == name; });
  return found == slots.end() ? -1 : static_cast<int>(found - slots.begin());
}

bool is_purine(const Residue& residue) {
  const std::string& parent = residue.component->parent;
  const std::string& name = parent.empty() || parent == "?" ? residue.name : parent;
  return name == "A" || name == "G" || name == "DA" || name == "DG";
}

int pseudo_beta_slot(chem::ChainType type, const Residue& residue, std::span<const AtomId> slots) {
  int slot = -1;
  if (type == chem::ChainType::ligand) return 0;
  if (type == chem::ChainType::protein) {
    slot = find_slot(slots, "CB");
    if (slot < 0) slot = find_slot(slots, "CA");
  } else {
    slot = find_slot(slots, is_purine(residue) ? "C4" : "C2");
  }
  if (slot >= 0) return slot;
  const auto first = std::find_if(slots.begin(), slots.end(), [](const AtomId& id) { return !id.blank(); });
  return first == slots.end() ? 0 : static_cast<int>(first - slots.begin());
}

}  // namespace

void fill_token_features(const Structure& structure, const Tokens& tokens, Batch& batch) {
  const int64_t n = tokens.size();
  for (auto* numbers : {&batch.residue_index, &batch.token_index, &batch.aatype, &batch.asym_id,
                        &batch.entity_id, &batch.sym_id, &batch.residue_center_index}) {
    *numbers = Tensor<int32_t>({n});
  }
  for (auto* flags : {&batch.is_protein, &batch.is_rna, &batch.is_dna, &batch.is_ligand,
                      &batch.is_nonstandard_polymer_chain, &batch.is_water}) {
    *flags = Tensor<uint8_t>({n});
  }
  batch.pred_dense_atom_mask = Tensor<uint8_t>({n, kAtomSlots});
  const std::vector<ChainNumbers> numbers = number_chains(structure, tokens);
  for (int64_t t = 0; t < n; ++t) {
    const Token& token = tokens.tokens[t];
    const StructureChain& chain = chain_of(structure, token);
    batch.residue_index[t] = token.residue + 1;
    batch.token_index[t] = static_cast<int32_t>(t) + 1;
    batch.aatype[t] = residue_type(residue_of(structure, token).name, chain.type);
    batch.asym_id[t] = token.chain + 1;
    batch.entity_id[t] = numbers[token.chain].entity;
    batch.sym_id[t] = numbers[token.chain].copy;
    batch.is_protein[t] = chain.type == chem::ChainType::protein;
    batch.is_rna[t] = chain.type == chem::ChainType::rna;
    batch.is_dna[t] = chain.type == chem::ChainType::dna;
    batch.is_ligand[t] = chain.type == chem::ChainType::ligand;
    const auto slots = slots_of(tokens, t);
    for (int64_t s = 0; s < kAtomSlots; ++s) {
      batch.pred_dense_atom_mask(t, s) = !slots[s].blank();
    }
    const std::string& representative = tokens.representatives.atoms[t].name;
    batch.residue_center_index[t] = std::max(0, find_slot(slots, representative));
  }
}

void fill_pseudo_beta(const Structure& structure, const Tokens& tokens, int64_t bucket, Batch& batch) {
  AtomLayout layout{{tokens.size()}, {}};
  for (int64_t t = 0; t < tokens.size(); ++t) {
    const Token& token = tokens.tokens[t];
    const auto slots = slots_of(tokens, t);
    layout.atoms.push_back(
        slots[pseudo_beta_slot(chain_of(structure, token).type, residue_of(structure, token), slots)]);
  }
  batch.token_atoms_to_pseudo_beta = compute_gather(tokens.atoms, layout.padded(bucket));
}

}  // namespace pleat::featurise
