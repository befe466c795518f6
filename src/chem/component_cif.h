// Reads components from CIF text one at a time: the dictionary has 50,000. Internal to chem.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "chem/component.h"

namespace pleat::chem {

// Calls `take` with the component of every data block, in order. A component's id is the name of its block.
// Throws Error placed at `where`: data_ID.
void for_each_component(std::string_view cif_text, const std::string& where,
                        const std::function<void(Component)>& take);

}  // namespace pleat::chem
