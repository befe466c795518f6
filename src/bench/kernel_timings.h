// Single kernels on the shapes of the network, divided among threads as its layers divide them. A product
// with weights reads its operands from memory and writes a block's result to its thread's scratch, where the
// next layer would read it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ops/cpu_workers.h"

namespace pleat::bench {

struct KernelTiming {
  std::string name;  // with its shape
  ops::Arithmetic arithmetic;
  double operations;  // of one run
  std::function<void()> run;
};

// trunk, diffusion: the arithmetic of their products. Makes the operands, packed for the instruction set in
// use; `workers` must outlive the timings.
std::vector<KernelTiming> kernel_timings(const ops::Workers& workers, ops::Arithmetic trunk,
                                         ops::Arithmetic diffusion);

}  // namespace pleat::bench
