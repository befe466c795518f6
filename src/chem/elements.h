// Radii of elements, as gemmi tabulates them.
#pragma once

#include <string>

namespace pleat::chem {

// Angstrom, by the element's symbol in any case; those of an unknown element are gemmi's for "X".
// Van der Waals radius.
float vdw_radius(const std::string& symbol);
// Covalent radius (Cordero et al. 2008).
float covalent_radius(const std::string& symbol);

bool is_metal(const std::string& symbol);

}  // namespace pleat::chem
