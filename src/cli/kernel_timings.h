// Single kernels on the shapes of the network, divided among threads as its layers divide them. Of a product
// with weights operands come from memory; a block's result goes to its thread's scratch, where the next layer
// would read it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ops/cpu_workers.h"

namespace pleat::cli {

struct KernelTiming {
  std::string name;  // with its shape
  ops::Arithmetic arithmetic;
  double operations;  // of one run
  std::function<void()> run;
};

// arithmetic: of the trunk's and of the diffusion's products. What a timing needs is made here, for the
// instruction set in use; `workers` must outlive the timings.
std::vector<KernelTiming> kernel_timings(const ops::Workers& workers, ops::Arithmetic trunk,
                                         ops::Arithmetic diffusion);

}  // namespace pleat::cli
