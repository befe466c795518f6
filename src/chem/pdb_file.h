// PDB files, which hold less than mmCIF.
#pragma once

#include <string>
#include <vector>

#include "chem/model_file.h"

namespace pleat::chem {

// What a PDB file can't hold of the structure, one line each: more than 99,999 atoms, chain ids of several characters,
// residue names of more than three, residue numbers above 9999, coordinates of more than eight characters. Empty
// where it can hold all.
std::vector<std::string> pdb_obstacles(const ModelFile& model);

// The file's text: TITLE, SEQRES, LINK records of the bonds, ATOM and HETATM with the pLDDT as B factor, TER. The model has no
// obstacles.
std::string pdb_text(const std::string& title, const ModelFile& model);

}  // namespace pleat::chem
