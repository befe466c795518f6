// Finds clashes by a sweep along x.
#include "output/clashes.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace pleat::output {
namespace {

constexpr double kClashDistance = 1.1;
constexpr int kMaxClashes = 100;
constexpr double kMaxFraction = 0.5;

struct PolymerAtom {
  double x, y, z;
  int chain, residue_id;
};

std::vector<PolymerAtom> polymer_atoms_by_x(const featurise::StructureLayout& layout,
                                            const PredictedAtoms& atoms) {
  std::vector<PolymerAtom> polymer;
  for (size_t a = 0; a < layout.atoms.size(); ++a) {
    const featurise::OutputAtom& atom = layout.atoms[a];
    const featurise::OutputChain& chain = layout.chains[static_cast<size_t>(atom.chain)];
    if (chain.type == chem::ChainType::ligand) continue;
    const auto& [x, y, z] = atoms.positions[a];
    polymer.push_back({x, y, z, atom.chain, chain.residues[static_cast<size_t>(atom.residue)].id});
  }
  std::sort(polymer.begin(), polymer.end(),
            [](const PolymerAtom& a, const PolymerAtom& b) { return a.x < b.x; });
  return polymer;
}

bool clash(const PolymerAtom& a, const PolymerAtom& b) {
  if (a.chain == b.chain && std::abs(a.residue_id - b.residue_id) <= 1) return false;
  const double dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
  return dx * dx + dy * dy + dz * dz <= kClashDistance * kClashDistance;
}

}  // namespace

bool has_clash(const featurise::StructureLayout& layout, const PredictedAtoms& atoms) {
  const std::vector<PolymerAtom> polymer = polymer_atoms_by_x(layout, atoms);
  std::vector<uint8_t> clashes(polymer.size());
  for (size_t a = 0; a < polymer.size(); ++a) {
    for (size_t b = a + 1; b < polymer.size() && polymer[b].x - polymer[a].x <= kClashDistance; ++b) {
      if (clashes[a] && clashes[b]) continue;
      if (clash(polymer[a], polymer[b])) clashes[a] = clashes[b] = 1;
    }
  }
  std::vector<int> atoms_of(layout.chains.size()), clashes_of(layout.chains.size());
  for (size_t a = 0; a < polymer.size(); ++a) {
    const auto chain = static_cast<size_t>(polymer[a].chain);
    ++atoms_of[chain];
    clashes_of[chain] += clashes[a];
  }
  for (size_t chain = 0; chain < layout.chains.size(); ++chain)
    if (clashes_of[chain] > kMaxClashes || clashes_of[chain] > kMaxFraction * atoms_of[chain]) return true;
  return false;
}

}  // namespace pleat::output
