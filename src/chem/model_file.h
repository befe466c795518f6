// The model file of a prediction, read back: AlphaFold 3's or pleat's mmCIF.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "chem/chain_type.h"

namespace pleat::chem {

struct ModelFile {
  struct Residue {
    std::string name;
    int number = 0;
  };
  struct Chain {
    std::string id;
    ChainType type = ChainType::protein;
    std::string mmcif_type;  // as in _entity_poly.type, or _entity.type of a ligand
    std::string smiles;      // of a SMILES ligand
    std::vector<Residue> residues;
  };
  struct Atom {
    int chain = 0;    // index into chains
    int residue = 0;  // index into that chain's residues
    std::string name, element;
    std::array<float, 3> position{};  // Angstrom
    float plddt = 0;                  // 0..100, the B factor
  };
  std::vector<Chain> chains;
  std::vector<Atom> atoms;
  std::vector<std::array<int, 2>> bonds;  // indices into atoms
  std::string software, version;          // of _software; "?" where the file does not tell
};

// Chains are told apart by label_asym_id, residues of a chain by auth_seq_id; bonds are those of _struct_conn whose
// atoms are in the file. Throws Error, with an empty place or one inside the text, where it is no CIF, has no atoms or
// contradicts itself.
ModelFile read_model_file(std::string_view cif_text);

}  // namespace pleat::chem
