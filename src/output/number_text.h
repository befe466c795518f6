// Formats numbers like the reference's files.
#pragma once

#include <string>

namespace pleat::output {

// Python's repr of a float: the shortest digits that read back as the same number, with a fraction (1.0), an
// exponent below 1e-4 and from 1e16 (1e-05), and nan, inf, -inf.
std::string python_repr(double value);

// `value` with `decimals` digits after the point, as C's %.*f prints it.
std::string fixed_text(double value, int decimals);

// Rounds to two decimals like numpy.round: half to even after scaling by 100. NaN stays NaN.
double round_2_decimals(double value);

}  // namespace pleat::output
