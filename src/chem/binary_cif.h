// BinaryCIF: the categories of an mmCIF file as columns of packed numbers. Source: Sehnal et al. 2020 (PLoS Comput. Biol.
// 16, e1008247) and the specification of BinaryCIF 0.3.
#pragma once

#include <string>
#include <vector>

#include "chem/cif_writer.h"

namespace pleat::chem {

// One data block with the categories in cif_text's order. Columns of integers are Delta, RunLength and IntegerPacking
// encoded, those of numbers with a fixed count of up to three decimals FixedPoint before that, all others StringArray.
// '.' and '?' stand in the column's mask.
std::string binary_cif(const std::string& block, const std::vector<CifCategory>& categories,
                       const std::string& encoder);

}  // namespace pleat::chem
