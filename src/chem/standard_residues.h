// The standard residues of polymers: 20 amino acids, 4 ribonucleotides, 4 deoxyribonucleotides.
#pragma once

#include <string_view>

namespace pleat::chem {

// Whether the CCD code is a standard residue. In a polymer these become ATOM records; all others are HETATM.
bool is_standard_residue(std::string_view name);

}  // namespace pleat::chem
