// Memory of the products that a thread runs.
#pragma once

#include "tensor/arena.h"

namespace pleat::kernels {

// Operands on their way into a product; each product opens a Scope of its own.
inline Arena& thread_memory() {
  thread_local Arena arena;
  return arena;
}

}  // namespace pleat::kernels
