// The residues that polymers are made of: 20 amino acids, 4 ribonucleotides, 4 deoxyribonucleotides.
#pragma once

#include <string_view>

namespace pleat::chem {

// Whether the CCD code is one of them: they go into ATOM records where they stand in a polymer, all else is
// HETATM.
bool is_standard_residue(std::string_view name);

}  // namespace pleat::chem
