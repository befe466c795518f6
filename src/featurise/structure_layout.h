// The predicted structure without its coordinates: chains, residues, atoms and bonds in the order of the
// output files, and for each atom the dense slot of the network that predicts it.
// docs/specs/featurisation.md, section 4.1. Written by featurise, read by output.
#pragma once

#include <string>
#include <vector>

#include "chem/chain_type.h"

namespace pleat::featurise {

// One atom of the predicted structure, in the order of the output files, with the dense slot that predicts
// it.
struct OutputAtom {
  int chain = 0;    // index into StructureLayout::chains
  int residue = 0;  // index into that chain's residues
  std::string name, element;
  int token = -1,
      slot = -1;  // of its coordinates; -1 for none (coordinates and pLDDT are then 0)
};

struct OutputResidue {
  std::string name;  // CCD code or LIG_<chain>
  int id = 0;        // 1-based
};

struct OutputChain {
  std::string id;
  chem::ChainType type = chem::ChainType::protein;
  std::string
      mmcif_type;        // polypeptide(L), polyribonucleotide, polydeoxyribonucleotide, non-polymer, branched
  std::string sequence;  // one-letter codes of a polymer's residues
  std::string smiles;    // of a SMILES ligand
  std::vector<OutputResidue> residues;
};

struct OutputBond {
  int atom_1 = 0, atom_2 = 0;  // indices into StructureLayout::atoms
};

struct OutputToken {
  int chain = 0;       // index into StructureLayout::chains
  int residue_id = 0;  // 1-based residue number (= residue_index)
};

struct StructureLayout {
  std::vector<OutputChain> chains;  // in asym id order: chain k has asym_id k + 1
  std::vector<OutputAtom> atoms;
  std::vector<OutputToken> tokens;
  std::vector<OutputBond> bonds;  // covale, in output order
};

}  // namespace pleat::featurise
