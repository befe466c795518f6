// Which instruction set the kernels run on.
#pragma once

#include <vector>

#include "base/cpu.h"

namespace pleat {

// The kernels run on `isa` from now on: the program calls it once at start with active_isa(), tests once per
// set. What was packed for one set (PackedMatrix) must not be used with another. AMX has AVX-512's vectors.
void use_isa(Isa isa);

// The sets of this machine that have kernels of their own.
std::vector<Isa> kernel_isas();

}  // namespace pleat
