// The kernels as code for the cards (fatbin), which the host loads by name.
#include "cuda/kernel_list.h"

namespace pleat::cuda {

#define PLEAT_ENTRY(name, Arguments, function, threads, shared_bytes) \
  extern "C" __global__ void __launch_bounds__(threads)               \
      pleat_##name(const __grid_constant__ Arguments arguments) {     \
    function(arguments);                                              \
  }
PLEAT_KERNELS(PLEAT_ENTRY)

}  // namespace pleat::cuda
