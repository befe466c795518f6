#include "chem/elements.h"

#include <gemmi/elem.hpp>

namespace pleat::chem {

float vdw_radius(const std::string& symbol) { return gemmi::Element(symbol).vdw_r(); }

float covalent_radius(const std::string& symbol) { return gemmi::Element(symbol).covalent_r(); }

bool is_metal(const std::string& symbol) { return gemmi::Element(symbol).is_metal(); }

}  // namespace pleat::chem
