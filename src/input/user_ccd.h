// The components that a user brings along, as far as they can be checked without chemistry.
#pragma once

#include <string>

namespace pleat {

// Checks CIF text of one or more components: it starts with "data_", is valid CIF, and every block has the
// columns that featurisation reads (specs/outputs.md 5.1). Throws Error placed at `place` naming the block
// and its missing columns.
void check_user_ccd(const std::string& cif, const std::string& place);

}  // namespace pleat
