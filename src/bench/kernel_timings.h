// Single kernels on the network's shapes, divided among threads as in its layers. A product with weights
// reads its operands from memory and writes a block's result to the thread's scratch, as a layer does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ops/cpu_workers.h"

namespace pleat::bench {

struct KernelTiming {
  std::string name;  // with its shape
  ops::Arithmetic arithmetic;
  double operations;  // per run
  std::function<void()> run;
};

// trunk, diffusion: the arithmetic of their products. Makes the operands and packs them for the instruction
// set in use; `workers` must outlive the timings.
std::vector<KernelTiming> kernel_timings(const ops::Workers& workers, ops::Arithmetic trunk,
                                         ops::Arithmetic diffusion);

}  // namespace pleat::bench
