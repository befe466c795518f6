// Checks a predicted structure's chemistry: handedness, bond lengths, clashes of ligands.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "chem/ccd.h"
#include "chem/conformer.h"
#include "featurise/structure_layout.h"
#include "output/predicted_atoms.h"

namespace pleat::report {

using output::Point;

// A component's definition: its bonds between heavy atoms, and its stereocentres.
struct Definition {
  struct Bond {
    std::string atom_1, atom_2;
    float length = 0;  // Angstrom; 0 if only the elements are known
  };
  std::vector<Bond> bonds;
  std::vector<chem::StereoCentre> centres;
};

// Definitions by residue name: of the dictionary's components, with bond lengths from their ideal
// coordinates, and of SMILES ligands. Other residues have none.
using Definitions = std::map<std::string, Definition>;
Definitions definitions_of(const featurise::StructureLayout& layout, const chem::Ccd& ccd);

// Numbers are indices into layout.atoms.
struct InvertedCentre {
  int atom = 0;
};
struct OddBond {
  int atom_1 = 0, atom_2 = 0;
  float length = 0, expected = 0;  // Angstrom
};
struct Clash {
  int atom_1 = 0, atom_2 = 0;     // the first is a ligand's
  float distance = 0, least = 0;  // Angstrom
};

// Centres arranged as the mirror image of their definition. The check takes three neighbours in the structure
// (without hydrogens) and the sign of (n1 - c) . ((n2 - c) x (n3 - c)). `checked` counts the checked centres.
struct Handedness {
  std::vector<InvertedCentre> inverted;
  std::vector<int> checked_of_chain, inverted_of_chain;
};
Handedness check_handedness(const featurise::StructureLayout& layout, const std::vector<Point>& positions,
                            const Definitions& definitions);

// Bonds shorter than 0.75 or longer than 1.25 times the expected length: those of the definitions, between
// consecutive residues of a polymer (C-N 1.33, O3'-P 1.61 Angstrom), and layout.bonds. If no length is known,
// the sum of the covalent radii is expected. Does not check bonds to metals.
std::vector<OddBond> odd_bonds(const featurise::StructureLayout& layout, const std::vector<Point>& positions,
                               const Definitions& definitions);

// Atoms of ligands nearer than 0.75 of the sum of the van der Waals radii to an atom of another residue; next to a
// metal 0.75 of the sum of the covalent radii, and within one ligand, if it has a definition, 0.6 of the van
// der Waals radii. Atoms connected by at most three bonds do not clash. Sorted by distance / least.
std::vector<Clash> ligand_clashes(const featurise::StructureLayout& layout,
                                  const std::vector<Point>& positions, const Definitions& definitions);

}  // namespace pleat::report
