// The processor's instruction sets, and the cores that this process may use.
#pragma once

#include <string>
#include <vector>

namespace pleat {

// Instruction sets in increasing order, each with the ones before it: avx512 is F, CD, BW, DQ and VL; amx is
// tiles of bfloat16. The last two emulate their namesakes with AVX2: very slow, for tests on processors that
// lack the instructions.
enum class Isa { avx2, avx512, avx512_bf16, amx, avx512_bf16_emulated, amx_emulated };

// avx2, avx512, avx512bf16, amx, avx512bf16_emulated, amx_emulated.
std::string name(Isa isa);

// Whether the set has instructions that multiply bfloat16.
constexpr bool multiplies_bf16(Isa isa) { return isa >= Isa::avx512_bf16; }
constexpr bool emulated(Isa isa) { return isa >= Isa::avx512_bf16_emulated; }

// The best set that the processor and the operating system offer, never an emulated one. Throws Error on a
// processor without AVX2 and FMA.
Isa detected_isa();

// The set to use: PLEAT_ISA (a set's name) if given, else the detected one. Throws Error when PLEAT_ISA names
// no set, or one that the machine lacks. Decided once, at the first call.
Isa active_isa();

// The number of cores for this process: its affinity mask, limited by the container's CPU quota (rounded up),
// if any.
int usable_cores();

// The cores of each memory node that this process may use, from the kernel's list in `folder`, without empty
// nodes. One node of all cores when the kernel has no list.
std::vector<std::vector<int>> numa_nodes(const std::string& folder = "/sys/devices/system/node");

// The processor's name for itself, for reports.
std::string cpu_name();

}  // namespace pleat
