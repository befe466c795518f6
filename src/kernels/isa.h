// The instruction set of the kernels.
#pragma once

#include <vector>

#include "base/cpu.h"

namespace pleat::kernels {

// Sets the kernels' instruction set: the program calls it once at start with active_isa(), tests once per
// set. A matrix packed for one set (PackedMatrix) must not be used with another. Only matrix products use
// AVX-512-BF16 and AMX; everything else then runs on AVX-512, or on AVX2 if they are emulated.
void use_isa(Isa isa);

// The set in use: active_isa() before the first call of use_isa.
Isa kernel_isa();

// Whether a product of bfloat16 is faster than one of float32, by a table of measured peaks: with a
// measurement at start, the results of a run would depend on the moment. Only Intel's processors lose with
// AVX-512-BF16: 80-86 against 169-177 GFLOP/s per core (family 6, model 207); 229 against 117 on AMD's Zen 4.
bool gains_from_bf16(Isa isa);

// The sets that this machine can run, including emulated ones.
std::vector<Isa> kernel_isas();

}  // namespace pleat::kernels
