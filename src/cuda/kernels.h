// The list of kernels, for the host to name and launch.
#pragma once

#include <cstdint>
#include <vector>

#include "cuda/arguments.h"
#include "cuda/emulation.h"
#include "kernels/gemm.h"

namespace pleat::cuda {

struct Kernel {
  const char* name;  // of the kernel's entry in the cards' code
  int threads;       // of a block
  int64_t shared_bytes, argument_bytes;
  void (*emulated)(const void* arguments);  // one thread of the kernel, on the host
};

using Grid = emulation::Index;

using kernels::Arithmetic;

const Kernel& product_kernel(Arithmetic arithmetic, bool gated);
// Of heads up to kWidestHead wide.
constexpr int64_t kWidestHead = 48;
const Kernel& attention_kernel(Arithmetic arithmetic, int64_t head_width);
const Kernel& set_bonds_kernel();
const Kernel& pair_rows_kernel();
const Kernel& template_rows_kernel();
const Kernel& add_distances_kernel();
const Kernel& atom_rows_kernel();
const Kernel& tokens_to_atoms_kernel();
const Kernel& token_means_kernel();
const Kernel& pair_features_kernel();
const Kernel& combine_kernel();
const Kernel& normalise_kernel();
const Kernel& softmax_kernel();
const Kernel& count_chains_kernel();
const Kernel& expect_kernel();
const Kernel& augment_kernel();
const Kernel& update_positions_kernel();

const Kernel& conform_numbers_kernel();
const Kernel& conform_reductions_kernel();
const Kernel& conform_copies_kernel();
const Kernel& conform_matrices_kernel();
const Kernel& conform_bf16_products_kernel();
const Kernel& conform_tf32_products_kernel();
const Kernel& conform_float32_products_kernel();

const Kernel& rate_bf16_products_kernel();
const Kernel& rate_tf32_products_kernel();
const Kernel& rate_float32_products_kernel();
const Kernel& rate_exponentials_kernel();
const Kernel& rate_copies_kernel();

const std::vector<Kernel>& all_kernels();

}  // namespace pleat::cuda
