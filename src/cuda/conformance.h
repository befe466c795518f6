// Checks that a device executes each wrapped instruction like the emulation, on which pleat's tests rely.
#pragma once

#include <string>
#include <vector>

#include "cuda/device.h"

namespace pleat::cuda {

struct Conformance {
  std::string instruction;
  // The largest difference, relative to the allowed one: 0 for equal bits; the device conforms up to 1.
  double difference = 0;
  bool conforms() const { return difference <= 1; }
};

// Runs each instruction on both devices with the same made-up operands.
std::vector<Conformance> conformance_of(Device& device, Device& emulation);

}  // namespace pleat::cuda
