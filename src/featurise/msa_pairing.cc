#include "featurise/msa_pairing.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <unordered_map>

#include "featurise/numpy_sort.h"

namespace pleat::featurise {
namespace {

using SpeciesRows = std::map<std::string, std::vector<int>>;

SpeciesRows group_by_species(const std::vector<std::string>& species) {
  SpeciesRows groups;
  const bool unusable = species.empty() || (species.size() == 1 && species[0].empty());
  if (unusable) return groups;
  for (int row : numpy_argsort(species)) groups[species[row]].push_back(row);
  return groups;
}

// Usable species by the number of chains that have them, most chains first, then in order of first
// appearance.
std::map<int, std::vector<std::string>, std::greater<>> rank_species(const std::vector<SpeciesRows>& chains) {
  std::unordered_map<std::string, int> chain_count;
  std::vector<std::string> appearance;
  for (const SpeciesRows& chain : chains) {
    for (const auto& [species, rows] : chain) {
      if (chain_count[species]++ == 0) appearance.push_back(species);
    }
  }
  std::map<int, std::vector<std::string>, std::greater<>> ranked;
  for (const std::string& species : appearance) {
    const int count = chain_count.at(species);
    if (!species.empty() && count > 1) ranked[count].push_back(species);
  }
  return ranked;
}

// The paired rows of one species: as many as the chain with the fewest rows has.
void append_species_block(const std::vector<SpeciesRows>& chains, const std::string& species, int max_hits,
                          std::vector<std::vector<int>>& block) {
  size_t hits = static_cast<size_t>(max_hits);
  for (const SpeciesRows& chain : chains) {
    const auto rows = chain.find(species);
    if (rows != chain.end()) hits = std::min(hits, rows->second.size());
  }
  for (size_t hit = 0; hit < hits; ++hit) {
    std::vector<int>& row = block.emplace_back();
    for (const SpeciesRows& chain : chains) {
      const auto rows = chain.find(species);
      row.push_back(rows == chain.end() ? -1 : rows->second[hit]);
    }
  }
}

float rank_of(const std::vector<int>& row) {
  float product = 1;
  for (int index : row) product *= static_cast<float>(index);
  return std::abs(product);
}

// A merged block, ordered by rank.
std::vector<std::vector<int>> sort_by_rank(const std::vector<std::vector<int>>& block) {
  std::vector<float> ranks;
  for (const std::vector<int>& row : block) ranks.push_back(rank_of(row));
  std::vector<std::vector<int>> sorted;
  for (int index : numpy_argsort(ranks)) sorted.push_back(block[index]);
  return sorted;
}

}  // namespace

std::vector<std::vector<int>> pair_rows(const std::vector<std::vector<std::string>>& species, int max_hits,
                                        int max_rows) {
  std::vector<SpeciesRows> chains;
  for (const auto& chain : species) chains.push_back(group_by_species(chain));

  std::vector<std::vector<int>> rows{std::vector<int>(chains.size(), 0)};
  size_t seen = 0;
  for (const auto& [count, names] : rank_species(chains)) {
    std::vector<std::vector<int>> block;
    for (const std::string& name : names) append_species_block(chains, name, max_hits, block);
    block = sort_by_rank(block);
    rows.insert(rows.end(), block.begin(), block.end());
    seen += block.size();
    if (seen >= static_cast<size_t>(max_rows)) break;
  }
  if (rows.size() > static_cast<size_t>(max_rows)) rows.resize(static_cast<size_t>(max_rows));
  return rows;
}

}  // namespace pleat::featurise
