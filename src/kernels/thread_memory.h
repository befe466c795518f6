// A thread's memory for products.
#pragma once

#include "tensor/arena.h"

namespace pleat::kernels {

// Converted operands of a product; each product opens its own Scope.
inline Arena& thread_memory() {
  thread_local Arena arena;
  return arena;
}

}  // namespace pleat::kernels
