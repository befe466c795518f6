// Whether a device carries out each wrapped instruction as the emulation does: pleat's tests rest on it.
#pragma once

#include <string>
#include <vector>

#include "cuda/device.h"

namespace pleat::cuda {

struct Conformance {
  std::string instruction;
  // The largest difference, in units of what is allowed: bits are equal at 0, and it conforms up to 1.
  double difference = 0;
  bool conforms() const { return difference <= 1; }
};

// Runs each instruction on both devices with the same made-up operands.
std::vector<Conformance> conformance_of(Device& device, Device& emulation);

}  // namespace pleat::cuda
