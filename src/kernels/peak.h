// The peak rate of this machine, to compare a kernel's speed with.
#pragma once

#include "base/thread_pool.h"
#include "kernels/bf16_gemm.h"

namespace pleat::kernels {

// Floating-point operations a second of all threads of a pool together, with the instruction set in use
// (kernels/isa.h), in each thread's own processor time: other programs on a shared machine do not count. Busy
// cores clock lower than a single one, so n threads reach less than n times one thread. Each measurement
// takes about 0.15 s.

// Fused multiply-adds on registers.
double float32_peak(ThreadPool& pool);

// Products with operands in the first-level cache; 0 if the processor has no instruction for them.
double bfloat16_peak(ThreadPool& pool);

// The same for a given unit.
double bfloat16_peak(const Bf16x2Unit& unit, ThreadPool& pool);

}  // namespace pleat::kernels
