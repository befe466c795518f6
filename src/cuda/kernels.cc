// The kernels as host code (a call runs one thread of a block), and their table.
#include "cuda/kernels.h"

#include "base/error.h"
#include "cuda/kernel_list.h"

namespace pleat::cuda {
namespace {

#define PLEAT_EMULATED(name, Arguments, function, threads, shared_bytes)                               \
  void emulated_##name(const void* arguments) { function(*static_cast<const Arguments*>(arguments)); } \
  const Kernel name##_entry = {"pleat_" #name, threads, shared_bytes, sizeof(Arguments), emulated_##name};
PLEAT_KERNELS(PLEAT_EMULATED)

}  // namespace

const std::vector<Kernel>& all_kernels() {
#define PLEAT_LISTED(name, Arguments, function, threads, shared_bytes) name##_entry,
  static const std::vector<Kernel> kernels = {PLEAT_KERNELS(PLEAT_LISTED)};
  return kernels;
}

const Kernel& product_kernel(Arithmetic arithmetic, bool gated) {
  switch (arithmetic) {
    case Arithmetic::float32:
      return gated ? gated_product_float32_entry : product_float32_entry;
    case Arithmetic::split:
      return gated ? gated_product_split_entry : product_split_entry;
    case Arithmetic::tf32:
      return gated ? gated_product_tf32_entry : product_tf32_entry;
    case Arithmetic::bfloat16:
      break;
  }
  return gated ? gated_product_bfloat16_entry : product_bfloat16_entry;
}

const Kernel& attention_kernel(Arithmetic arithmetic, int64_t head_width) {
  PLEAT_ASSERT(head_width >= 1 && head_width <= kWidestHead);
  const auto chosen = [&](const Kernel& w16, const Kernel& w32, const Kernel& w48) -> const Kernel& {
    return head_width <= 16 ? w16 : head_width <= 32 ? w32 : w48;
  };
  switch (arithmetic) {
    case Arithmetic::float32:
      return chosen(attention_float32_16_entry, attention_float32_32_entry, attention_float32_48_entry);
    case Arithmetic::split:
      return chosen(attention_split_16_entry, attention_split_32_entry, attention_split_48_entry);
    case Arithmetic::tf32:
      return chosen(attention_tf32_16_entry, attention_tf32_32_entry, attention_tf32_48_entry);
    case Arithmetic::bfloat16:
      break;
  }
  return chosen(attention_bfloat16_16_entry, attention_bfloat16_32_entry, attention_bfloat16_48_entry);
}

const Kernel& set_bonds_kernel() { return set_bonds_entry; }
const Kernel& pair_rows_kernel() { return pair_rows_entry; }
const Kernel& template_rows_kernel() { return template_rows_entry; }
const Kernel& add_distances_kernel() { return add_distances_entry; }
const Kernel& atom_rows_kernel() { return atom_rows_entry; }
const Kernel& tokens_to_atoms_kernel() { return tokens_to_atoms_entry; }
const Kernel& token_means_kernel() { return token_means_entry; }
const Kernel& pair_features_kernel() { return pair_features_entry; }
const Kernel& combine_kernel() { return combine_entry; }
const Kernel& normalise_kernel() { return normalise_entry; }
const Kernel& softmax_kernel() { return softmax_entry; }
const Kernel& count_chains_kernel() { return count_chains_entry; }
const Kernel& expect_kernel() { return expect_entry; }
const Kernel& augment_kernel() { return augment_entry; }
const Kernel& update_positions_kernel() { return update_positions_entry; }
const Kernel& conform_numbers_kernel() { return conform_numbers_entry; }
const Kernel& conform_reductions_kernel() { return conform_reductions_entry; }
const Kernel& conform_copies_kernel() { return conform_copies_entry; }
const Kernel& conform_matrices_kernel() { return conform_matrices_entry; }
const Kernel& conform_bf16_products_kernel() { return conform_bf16_products_entry; }
const Kernel& conform_tf32_products_kernel() { return conform_tf32_products_entry; }
const Kernel& conform_float32_products_kernel() { return conform_float32_products_entry; }
const Kernel& rate_bf16_products_kernel() { return rate_bf16_products_entry; }
const Kernel& rate_tf32_products_kernel() { return rate_tf32_products_entry; }
const Kernel& rate_float32_products_kernel() { return rate_float32_products_entry; }
const Kernel& rate_exponentials_kernel() { return rate_exponentials_entry; }
const Kernel& rate_copies_kernel() { return rate_copies_entry; }

}  // namespace pleat::cuda
