#include "chem/metal_bonds.h"

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/PeriodicTable.h>
#include <GraphMol/RingInfo.h>
#include <GraphMol/new_canon.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace pleat::chem {
namespace {

template <size_t N>
bool is_one_of(const std::array<int, N>& numbers, const RDKit::Atom& atom) {
  return std::find(numbers.begin(), numbers.end(), atom.getAtomicNum()) != numbers.end();
}

bool is_metal(const RDKit::Atom& atom) {
  constexpr std::array kNonMetals = {1,  2,  5,  6,  7,  8,  9,  10, 14, 15, 16,
                                     17, 18, 33, 34, 35, 36, 52, 53, 54, 85, 86};
  return !is_one_of(kNonMetals, atom);
}

bool has_too_many_bonds(RDKit::Atom& atom) {
  constexpr std::array kNeverDative = {1, 2, 9, 10};
  if (is_metal(atom) || is_one_of(kNeverDative, atom)) return false;
  const int element = atom.getAtomicNum() - atom.getFormalCharge();
  if (element <= 0) return false;
  const int highest = RDKit::PeriodicTable::getTable()->getValenceList(static_cast<unsigned>(element)).back();
  if (highest <= 0) return false;
  atom.updatePropertyCache(/*strict=*/false);
  const int valence = atom.getExplicitValence();
  return valence > highest || (valence == highest && atom.getIsAromatic() && atom.getTotalDegree() == 4);
}

int count_dative_bonds(const RDKit::ROMol& molecule, const RDKit::Atom* atom) {
  int count = 0;
  for (const RDKit::Bond* bond : molecule.atomBonds(atom))
    count += bond->getBondType() == RDKit::Bond::DATIVE;
  return count;
}

bool is_bond_to_metal(const RDKit::Bond& bond, const RDKit::Atom& atom) {
  return bond.getBondType() == RDKit::Bond::SINGLE && is_metal(*bond.getOtherAtom(&atom));
}

// The atoms in the order of their canonical ranks, and the ranks by atom.
struct Ranks {
  std::vector<unsigned> of_atom, order;

  explicit Ranks(const RDKit::ROMol& molecule) : of_atom(molecule.getNumAtoms()), order(of_atom.size()) {
    RDKit::Canon::rankMolAtoms(molecule, of_atom);
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](unsigned a, unsigned b) { return of_atom[a] < of_atom[b]; });
  }
};

// The bond to make dative: a single bond of the atom to a metal; nullptr when there is none.
RDKit::Bond* bond_to_give(RDKit::RWMol& molecule, const RDKit::Atom& atom, const Ranks& ranks) {
  RDKit::Bond* best = nullptr;
  const auto before = [&](const RDKit::Atom* a, const RDKit::Atom* b) {
    const int dative_a = count_dative_bonds(molecule, a), dative_b = count_dative_bonds(molecule, b);
    if (dative_a != dative_b) return dative_a < dative_b;
    return ranks.of_atom[a->getIdx()] > ranks.of_atom[b->getIdx()];
  };
  for (RDKit::Bond* bond : molecule.atomBonds(&atom)) {
    const RDKit::Atom* other = bond->getOtherAtom(&atom);
    if (!is_bond_to_metal(*bond, atom)) continue;
    if (!best || before(other, best->getOtherAtom(&atom))) best = bond;
  }
  return best;
}

// Whether any atom has such a bond.
bool is_needed(RDKit::RWMol& molecule) {
  for (RDKit::Bond* bond : molecule.bonds()) {
    for (RDKit::Atom* atom : {bond->getBeginAtom(), bond->getEndAtom()})
      if (is_bond_to_metal(*bond, *atom) && has_too_many_bonds(*atom)) return true;
  }
  return false;
}

std::vector<const RDKit::Bond*> dative_bonds(const RDKit::ROMol& molecule) {
  std::vector<const RDKit::Bond*> found;
  for (const RDKit::Bond* bond : molecule.bonds())
    if (bond->getBondType() == RDKit::Bond::DATIVE) found.push_back(bond);
  return found;
}

// Copies what sanitisation found about the atoms and bonds of `from`, which lacks the dative bonds of `to`.
void copy_findings(const RDKit::ROMol& from, RDKit::RWMol& to) {
  for (const RDKit::Atom* atom : from.atoms()) {
    RDKit::Atom& same = *to.getAtomWithIdx(atom->getIdx());
    same.setIsAromatic(atom->getIsAromatic());
    same.setFormalCharge(atom->getFormalCharge());
    same.setNumExplicitHs(atom->getNumExplicitHs());
    same.setNumRadicalElectrons(atom->getNumRadicalElectrons());
  }
  for (const RDKit::Bond* bond : from.bonds()) {
    RDKit::Bond& same = *to.getBondBetweenAtoms(bond->getBeginAtomIdx(), bond->getEndAtomIdx());
    same.setBondType(bond->getBondType());
    same.setIsAromatic(bond->getIsAromatic());
    same.setIsConjugated(bond->getIsConjugated());
  }
}

void copy_rings(const RDKit::ROMol& from, RDKit::RWMol& to) {
  RDKit::RingInfo& rings = *to.getRingInfo();
  if (rings.isInitialized()) rings.reset();
  rings.initialize();
  for (const RDKit::INT_VECT& atoms : from.getRingInfo()->atomRings()) {
    RDKit::INT_VECT bonds;
    for (size_t i = 0; i < atoms.size(); ++i) {
      const auto next = static_cast<unsigned>(atoms[(i + 1) % atoms.size()]);
      bonds.push_back(
          static_cast<int>(to.getBondBetweenAtoms(static_cast<unsigned>(atoms[i]), next)->getIdx()));
    }
    rings.addRing(atoms, bonds);
  }
}

// Donors count without their dative bonds, acceptors with them. The distance geometry of RDKit 2022.09 wants
// 105 degrees between any two neighbours of an SP3D atom; four or more neighbours cannot have that, and the
// search fails after minutes.
void set_hybridisation(const RDKit::ROMol& without, RDKit::RWMol& molecule) {
  RDKit::MolOps::setHybridization(molecule);
  std::vector<bool> accepts(molecule.getNumAtoms());
  for (const RDKit::Bond* bond : dative_bonds(molecule)) accepts[bond->getEndAtomIdx()] = true;
  for (RDKit::Atom* atom : molecule.atoms()) {
    if (!accepts[atom->getIdx()]) {
      atom->setHybridization(without.getAtomWithIdx(atom->getIdx())->getHybridization());
      continue;
    }
    atom->setNumRadicalElectrons(0);
    if (atom->getHybridization() == RDKit::Atom::SP3D) atom->setHybridization(RDKit::Atom::SP3);
  }
}

}  // namespace

bool has_dative_bonds(const RDKit::ROMol& molecule) { return !dative_bonds(molecule).empty(); }

void sanitise(RDKit::RWMol& molecule) {
  const std::vector<const RDKit::Bond*> dative = dative_bonds(molecule);
  if (dative.empty()) {
    RDKit::MolOps::sanitizeMol(molecule);
    return;
  }
  RDKit::RWMol without(molecule);
  for (const RDKit::Bond* bond : dative) without.removeBond(bond->getBeginAtomIdx(), bond->getEndAtomIdx());
  RDKit::MolOps::sanitizeMol(without);
  copy_findings(without, molecule);
  molecule.updatePropertyCache(/*strict=*/true);
  copy_rings(without, molecule);
  set_hybridisation(without, molecule);
  RDKit::MolOps::cleanupChirality(molecule);
}

bool point_bonds_at_metals(RDKit::RWMol& molecule) {
  if (!is_needed(molecule)) return has_dative_bonds(molecule);
  RDKit::MolOps::cleanUp(molecule);  // the first step of sanitisation
  molecule.updatePropertyCache(/*strict=*/false);
  const Ranks ranks(molecule);
  for (const unsigned index : ranks.order) {
    RDKit::Atom& atom = *molecule.getAtomWithIdx(index);
    if (!has_too_many_bonds(atom)) continue;
    RDKit::Bond* bond = bond_to_give(molecule, atom, ranks);
    if (!bond) continue;
    RDKit::Atom* metal = bond->getOtherAtom(&atom);
    bond->setBondType(RDKit::Bond::DATIVE);
    bond->setBeginAtom(&atom);
    bond->setEndAtom(metal);
  }
  return has_dative_bonds(molecule);
}

}  // namespace pleat::chem
