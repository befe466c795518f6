#include "report/geometry.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "chem/elements.h"

namespace pleat::report {
namespace {

using Vector = std::array<double, 3>;

Vector difference(const Point& a, const Point& b) {
  return {double(a[0]) - double(b[0]), double(a[1]) - double(b[1]), double(a[2]) - double(b[2])};
}

float distance(const Point& a, const Point& b) {
  const auto [x, y, z] = difference(a, b);
  return static_cast<float>(std::sqrt(x * x + y * y + z * z));
}

// a . (b x c)
double triple_product(const Vector& a, const Vector& b, const Vector& c) {
  return a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) +
         a[2] * (b[0] * c[1] - b[1] * c[0]);
}

Definition definition_of(const chem::Component& component, const chem::Molecule* molecule) {
  std::map<std::string, const chem::ComponentAtom*> atoms;
  for (const chem::ComponentAtom& atom : component.atoms) atoms[atom.name] = &atom;
  Definition definition;
  for (const chem::ComponentBond& bond : component.bonds) {
    const auto a = atoms.find(bond.atom_1), b = atoms.find(bond.atom_2);
    if (a == atoms.end() || b == atoms.end()) continue;
    if (chem::atomic_number(a->second->element) == 1 || chem::atomic_number(b->second->element) == 1)
      continue;
    const bool known = a->second->ideal && b->second->ideal;
    definition.bonds.push_back(
        {bond.atom_1, bond.atom_2, known ? distance(*a->second->ideal, *b->second->ideal) : 0});
  }
  if (molecule) definition.centres = molecule->stereo_centres();
  return definition;
}

std::optional<Definition> find_definition(const std::string& name, const std::string& smiles,
                                          const chem::Ccd& ccd) {
  if (!smiles.empty()) {
    try {
      const auto molecule = chem::Molecule::from_smiles(smiles);
      return definition_of(molecule->as_component(name), molecule.get());
    } catch (const Error&) {
      return std::nullopt;  // SMILES read by another version of RDKit
    }
  }
  const chem::Component* component = ccd.find(name);
  if (!component || component->atoms.empty()) return std::nullopt;  // UNL stands for anything, and has none
  return definition_of(*component, chem::Molecule::from_component(*component).get());
}

// The atoms of a layout by residue.
class ResidueAtoms {
 public:
  explicit ResidueAtoms(const featurise::StructureLayout& layout) : layout_(layout) {
    for (size_t a = 0; a < layout.atoms.size(); ++a) {
      const featurise::OutputAtom& atom = layout.atoms[a];
      if (residues_.empty() || residues_.back().chain != atom.chain ||
          residues_.back().residue != atom.residue)
        residues_.push_back({atom.chain, atom.residue, {}});
      residues_.back().atoms.emplace(atom.name, static_cast<int>(a));
    }
  }

  struct Residue {
    int chain, residue;
    std::map<std::string, int> atoms;

    // -1 when it has none of this name.
    int find(const std::string& name) const {
      const auto found = atoms.find(name);
      return found == atoms.end() ? -1 : found->second;
    }
  };
  const std::vector<Residue>& all() const { return residues_; }
  const featurise::OutputResidue& named(const Residue& residue) const {
    return layout_.chains[static_cast<size_t>(residue.chain)].residues[static_cast<size_t>(residue.residue)];
  }
  const Definition* definition(const Residue& residue, const Definitions& definitions) const {
    const auto found = definitions.find(named(residue).name);
    return found == definitions.end() ? nullptr : &found->second;
  }
  bool is_polymer(const Residue& residue) const {
    return layout_.chains[static_cast<size_t>(residue.chain)].type != chem::ChainType::ligand;
  }

 private:
  const featurise::StructureLayout& layout_;
  std::vector<Residue> residues_;
};

// nullopt when the structure has too few of the neighbours.
std::optional<bool> is_inverted(const chem::StereoCentre& centre, const ResidueAtoms::Residue& residue,
                                const std::vector<Point>& positions) {
  const int middle = residue.find(centre.atom);
  if (middle < 0) return std::nullopt;
  std::vector<Vector> arms;
  size_t absent = 4;
  for (size_t n = 0; n < 4; ++n) {
    const int atom = residue.find(centre.neighbours[n]);
    const bool spare = arms.size() == 3 && absent == 4;  // the last of four
    if (atom < 0 || spare) {
      if (absent != 4) return std::nullopt;
      absent = n;
    } else {
      arms.push_back(
          difference(positions[static_cast<size_t>(atom)], positions[static_cast<size_t>(middle)]));
    }
  }
  // Clockwise from the first neighbour, the other three have a positive product; so have the three that remain without
  // the third. Without the second or the fourth it is negative.
  const double product = triple_product(arms[0], arms[1], arms[2]) * (absent % 2 == 0 ? 1 : -1);
  return product < 0;
}

struct BondedPair {
  int atom_1, atom_2;
  float expected;  // Angstrom; 0: by the elements
};

float length_by_elements(const featurise::StructureLayout& layout, int a, int b) {
  return chem::covalent_radius(layout.atoms[static_cast<size_t>(a)].element) +
         chem::covalent_radius(layout.atoms[static_cast<size_t>(b)].element);
}

bool touches_metal(const featurise::StructureLayout& layout, int a, int b) {
  return chem::is_metal(layout.atoms[static_cast<size_t>(a)].element) ||
         chem::is_metal(layout.atoms[static_cast<size_t>(b)].element);
}

// All bonds of the structure.
std::vector<BondedPair> bonded_pairs(const featurise::StructureLayout& layout,
                                     const Definitions& definitions) {
  constexpr float kPeptide = 1.33f, kPhosphate = 1.61f;
  const ResidueAtoms residues(layout);
  std::vector<BondedPair> pairs;
  const auto add = [&](int a, int b, float expected) {
    if (a >= 0 && b >= 0) pairs.push_back({a, b, expected});
  };
  for (size_t r = 0; r < residues.all().size(); ++r) {
    const auto& residue = residues.all()[r];
    if (const Definition* definition = residues.definition(residue, definitions))
      for (const Definition::Bond& bond : definition->bonds)
        add(residue.find(bond.atom_1), residue.find(bond.atom_2), bond.length);
    if (r == 0 || !residues.is_polymer(residue)) continue;
    const auto& before = residues.all()[r - 1];
    if (before.chain != residue.chain || residues.named(before).id + 1 != residues.named(residue).id)
      continue;
    add(before.find("C"), residue.find("N"), kPeptide);
    add(before.find("O3'"), residue.find("P"), kPhosphate);
  }
  for (const featurise::OutputBond& bond : layout.bonds) add(bond.atom_1, bond.atom_2, 0);
  return pairs;
}

// Pairs of atoms connected by one to three bonds, at least one of them a ligand's; the smaller index first.
std::set<std::pair<int, int>> near_by_bonds(const featurise::StructureLayout& layout,
                                            const std::vector<BondedPair>& bonds,
                                            const std::vector<bool>& of_ligand) {
  std::vector<std::vector<int>> neighbours(layout.atoms.size());
  for (const BondedPair& bond : bonds) {
    neighbours[static_cast<size_t>(bond.atom_1)].push_back(bond.atom_2);
    neighbours[static_cast<size_t>(bond.atom_2)].push_back(bond.atom_1);
  }
  std::set<std::pair<int, int>> near;
  for (size_t a = 0; a < layout.atoms.size(); ++a) {
    if (!of_ligand[a]) continue;
    const int start = static_cast<int>(a);
    std::set<int> reached{start};
    std::vector<int> edge{start};
    for (int step = 0; step < 3; ++step) {
      std::vector<int> next;
      for (const int atom : edge)
        for (const int other : neighbours[static_cast<size_t>(atom)])
          if (reached.insert(other).second) next.push_back(other);
      edge = std::move(next);
    }
    for (const int other : reached) near.emplace(std::min(start, other), std::max(start, other));
  }
  return near;
}

float least_distance(const featurise::StructureLayout& layout, int a, int b) {
  constexpr float kBetween = 0.75f, kWithin = 0.6f;
  if (touches_metal(layout, a, b)) return kBetween * length_by_elements(layout, a, b);
  const featurise::OutputAtom& first = layout.atoms[static_cast<size_t>(a)];
  const featurise::OutputAtom& second = layout.atoms[static_cast<size_t>(b)];
  const bool same = first.chain == second.chain && first.residue == second.residue;
  return (same ? kWithin : kBetween) * (chem::vdw_radius(first.element) + chem::vdw_radius(second.element));
}

}  // namespace

Definitions definitions_of(const featurise::StructureLayout& layout, const chem::Ccd& ccd) {
  Definitions definitions;
  std::set<std::string> seen;
  for (const featurise::OutputChain& chain : layout.chains)
    for (const featurise::OutputResidue& residue : chain.residues)
      if (seen.insert(residue.name).second)
        if (auto definition = find_definition(residue.name, chain.smiles, ccd))
          definitions.emplace(residue.name, std::move(*definition));
  return definitions;
}

Handedness check_handedness(const featurise::StructureLayout& layout, const std::vector<Point>& positions,
                            const Definitions& definitions) {
  Handedness found;
  found.checked_of_chain.resize(layout.chains.size());
  found.inverted_of_chain.resize(layout.chains.size());
  const ResidueAtoms residues(layout);
  for (const auto& residue : residues.all()) {
    const Definition* definition = residues.definition(residue, definitions);
    if (!definition) continue;
    for (const chem::StereoCentre& centre : definition->centres) {
      const std::optional<bool> inverted = is_inverted(centre, residue, positions);
      if (!inverted) continue;
      ++found.checked_of_chain[static_cast<size_t>(residue.chain)];
      if (!*inverted) continue;
      ++found.inverted_of_chain[static_cast<size_t>(residue.chain)];
      found.inverted.push_back({residue.find(centre.atom)});
    }
  }
  return found;
}

std::vector<OddBond> odd_bonds(const featurise::StructureLayout& layout, const std::vector<Point>& positions,
                               const Definitions& definitions) {
  constexpr float kShortest = 0.75f, kLongest = 1.25f;
  std::vector<OddBond> odd;
  for (const auto& [a, b, known] : bonded_pairs(layout, definitions)) {
    if (touches_metal(layout, a, b)) continue;
    const float expected = known > 0 ? known : length_by_elements(layout, a, b);
    const float length = distance(positions[static_cast<size_t>(a)], positions[static_cast<size_t>(b)]);
    if (length < kShortest * expected || length > kLongest * expected)
      odd.push_back({a, b, length, expected});
  }
  return odd;
}

std::vector<Clash> ligand_clashes(const featurise::StructureLayout& layout,
                                  const std::vector<Point>& positions, const Definitions& definitions) {
  std::vector<bool> of_ligand;
  for (const featurise::OutputAtom& atom : layout.atoms)
    of_ligand.push_back(layout.chains[static_cast<size_t>(atom.chain)].type == chem::ChainType::ligand);
  const auto near = near_by_bonds(layout, bonded_pairs(layout, definitions), of_ligand);
  constexpr float kFarthest = 4.0f;  // more than any limit
  const auto is_beside = [&](size_t a, size_t b) {
    for (size_t axis = 0; axis < 3; ++axis)
      if (std::abs(positions[a][axis] - positions[b][axis]) > kFarthest) return false;
    return true;
  };
  // The bonds of such a residue are unknown.
  const auto are_unknown = [&](size_t a, size_t b) {
    const featurise::OutputAtom& first = layout.atoms[a];
    const featurise::OutputAtom& second = layout.atoms[b];
    if (first.chain != second.chain || first.residue != second.residue) return false;
    const auto& residues = layout.chains[static_cast<size_t>(first.chain)].residues;
    return !definitions.contains(residues[static_cast<size_t>(first.residue)].name);
  };
  std::vector<Clash> clashes;
  for (size_t a = 0; a < positions.size(); ++a) {
    if (!of_ligand[a]) continue;
    for (size_t b = 0; b < positions.size(); ++b) {
      if ((of_ligand[b] && b <= a) || a == b || !is_beside(a, b) || are_unknown(a, b)) continue;
      const int first = static_cast<int>(a), second = static_cast<int>(b);
      const float apart = distance(positions[a], positions[b]);
      const float least = least_distance(layout, first, second);
      if (apart < least && !near.contains({std::min(first, second), std::max(first, second)}))
        clashes.push_back({first, second, apart, least});
    }
  }
  std::stable_sort(clashes.begin(), clashes.end(), [](const Clash& a, const Clash& b) {
    return a.distance / a.least < b.distance / b.least;
  });
  return clashes;
}

}  // namespace pleat::report
