// The peak rate of this machine, to compare a kernel's speed with.
#pragma once

#include "base/thread_pool.h"
#include "kernels/bf16_gemm.h"

namespace pleat::kernels {

// Floating-point operations a second of all threads of a pool together, with the instruction set in use
// (kernels/isa.h). Busy cores clock lower than one alone: this is not the threads' number times one thread's.
struct Peak {
  double float32 = 0;   // fused multiply-adds on registers alone
  double bfloat16 = 0;  // products of operands in the first-level cache; 0 where no instruction makes them
};

// Takes some 0.3 s for each of the two.
Peak measure_peak(ThreadPool& pool);

// The bfloat16 part with a unit of choice.
double measure_pair_peak(const Bf16x2Unit& unit, ThreadPool& pool);

}  // namespace pleat::kernels
