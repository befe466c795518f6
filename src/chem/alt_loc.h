// Alternate locations of one residue. docs/specs/featurisation.md, section 6. Internal to chem.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pleat::chem {

struct AltLocAtom {
  std::string residue_name, atom_name;
  char alt = '.';  // '.' and '?': no alternate location
  float occupancy = 0;
};

// The ascending indices of the atoms to keep. Where every atom of the residue has an alternate location, this
// chooses one residue name (highest sum over its locations of their mean occupancy) and within it one
// location; atoms without that location keep their first. Otherwise every run of equally named atoms with
// alternate locations keeps its most occupied one. Ties go to the smaller location character. H and D of the
// same name count as equal.
std::vector<size_t> resolve_alt_locs(const std::vector<AltLocAtom>& residue);

}  // namespace pleat::chem
