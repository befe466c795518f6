// The peak rate of this machine, to compare a kernel's speed with.
#pragma once

#include "base/thread_pool.h"
#include "kernels/bf16_gemm.h"

namespace pleat::kernels {

// Floating-point operations a second of all threads of a pool together, with the instruction set in use
// (kernels/isa.h), each thread by its own processor time: other programs on a shared machine don't count. Busy
// cores clock lower than one alone: all threads reach less than one times their number. Each measurement takes
// some 0.15 s.

// Of fused multiply-adds on registers alone.
double float32_peak(ThreadPool& pool);

// Of products whose operands lie in the first-level cache; 0 where the processor has no instruction for them.
double bfloat16_peak(ThreadPool& pool);

// The same with a unit of choice.
double bfloat16_peak(const Bf16x2Unit& unit, ThreadPool& pool);

}  // namespace pleat::kernels
