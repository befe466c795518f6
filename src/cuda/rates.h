// What a device can do at most, measured by kernels that do nothing else (cuda/rate_kernels.h).
#pragma once

#include "cuda/device.h"

namespace pleat::cuda {

// Per second. Operations: two for a multiplication and its addition.
struct Rates {
  double bf16_operations = 0, tf32_operations = 0, float32_operations = 0;
  double bytes = 0;  // read and written, of the device's memory
  double exponentials = 0;

  // Of products in this arithmetic: a split product is three of bfloat16.
  double operations(Arithmetic arithmetic) const;
};

// Each kernel runs for about `seconds`, once to warm up and then in `tries`, of which the fastest counts. Takes
// `copied_bytes` of memory, twice. Throws Error when there is too little memory.
struct RateEffort {
  double seconds = 0.02;
  int tries = 3;
  int64_t copied_bytes = int64_t{512} << 20;  // beyond the caches
  int64_t blocks = 2048;                      // of each launch
};
Rates measure_rates(Device& device, const RateEffort& effort = {});
// A little of each: for the emulation, whose rates mean nothing.
RateEffort least_effort();

}  // namespace pleat::cuda
