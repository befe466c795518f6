// Alternate locations of one residue. docs/specs/featurisation.md, section 6. Internal to chem.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pleat::chem {

struct AltLocAtom {
  std::string residue_name, atom_name;
  char alt = '.';  // '.' and '?' are no alternate location
  float occupancy = 0;
};

// The atoms of a residue that stay, as ascending indices. Where every atom has an alternate location, one
// residue name is chosen (highest sum over its locations of their mean occupancy) and within it one location,
// atoms lacking it keep their first. Otherwise every run of equally named atoms with alternate locations
// keeps its most occupied one. Ties go to the smaller location character. H and D of the same name count as
// equal.
std::vector<size_t> resolve_alt_locs(const std::vector<AltLocAtom>& residue);

}  // namespace pleat::chem
