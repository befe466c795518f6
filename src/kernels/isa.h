// Which instruction set the kernels run on.
#pragma once

#include <vector>

#include "base/cpu.h"

namespace pleat::kernels {

// The kernels run on `isa` from now on: the program calls it once at start with active_isa(), tests once per
// set. A matrix packed for one set (PackedMatrix) must not be used with another. Only matrix products know
// AVX-512-BF16 and AMX; everything else runs on AVX-512 there, and on AVX2 where those are emulated.
void use_isa(Isa isa);

// The set in use: active_isa() before the first call of use_isa.
Isa kernel_isa();

// Whether a product of bfloat16 takes less time than one of float32, by a table of measured peaks: a measurement
// at start would let the numbers of a run depend on the moment. Only processors of Intel's lose with
// AVX-512-BF16: 80-86 against 169-177 GFLOP/s of a core (family 6, model 207); 229 against 117 on AMD's Zen 4.
bool gains_from_bf16(Isa isa);

// The sets that this machine can run, the emulated ones among them.
std::vector<Isa> kernel_isas();

}  // namespace pleat::kernels
