// What this processor can do and how much of it this process may use.
#pragma once

#include <string>

namespace pleat {

// Instruction sets in rising order. Each includes the ones before it.
enum class Isa { avx2, avx512, amx };

std::string name(Isa isa);

// The best set that the processor and the operating system offer. Throws Error on a processor without AVX2
// and FMA.
Isa detected_isa();

// The set to use: PLEAT_ISA (avx2, avx512 or amx) where it is set, else the detected one. Throws Error when
// PLEAT_ISA names no set or one that is absent here. Decided once, at the first call.
Isa active_isa();

// Cores that this process may run on: its affinity mask, cut to the container's CPU quota (rounded up) where
// there is one.
int usable_cores();

// The processor's own name for itself, for reports.
std::string cpu_name();

}  // namespace pleat
