// What each axis of each parameter means: the table that parameters are checked against.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pleat {

// One axis as a formula of named sizes: "pair_channels", "2*trunk.pair_hidden", "63+conditioning_channels",
// "39". Sizes of one stack carry its name before the dot; the others are shared by the whole network.
using AxisFormula = std::string;

// The axes of parameter `scope:name`. Empty for a name that is in no table.
std::vector<AxisFormula> axes_of(std::string_view full_name);

// Names in a formula, in order.
std::vector<std::string> sizes_in(const AxisFormula& formula);
// Value of a formula; every name in it must be in `sizes`.
int64_t evaluate(const AxisFormula& formula, const std::map<std::string, int64_t>& sizes);

}  // namespace pleat
