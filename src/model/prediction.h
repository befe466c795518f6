// The network's results for one seed. Names and crops as in the reference's result (docs/specs/model.md,
// sections 9, 10).
#pragma once

#include <cstdint>

#include "tensor/npz.h"
#include "tensor/tensor.h"

namespace pleat::model {

// N real tokens, S samples.
struct Prediction {
  Tensor<float> atom_positions;                                               // [S, N, 24, 3] Angstrom
  Tensor<uint8_t> atom_mask;                                                  // [S, N, 24]
  Tensor<float> predicted_lddt;                                               // [S, N, 24] 0..100
  Tensor<float> predicted_experimentally_resolved;                            // [S, N, 24]
  Tensor<float> full_pde, full_pae;                                           // [S, N, N] Angstrom
  Tensor<float> average_pde;                                                  // [S]
  Tensor<float> tmscore_adjusted_pae_global, tmscore_adjusted_pae_interface;  // [S, N, N]

  Tensor<float> distogram;            // [N, N, 64] logits; may be empty (ModelOptions)
  Tensor<float> distogram_bin_edges;  // [63]
  Tensor<float> contact_probs;        // [N, N]
  Tensor<float> single_embeddings;    // [N, single channels]
  Tensor<float> pair_embeddings;      // [N, N, pair channels]; empty where not wanted

  int64_t samples() const { return atom_positions.dim(0); }
  int64_t tokens() const { return atom_positions.dim(1); }
};

// The arrays of a golden result.npz, under its names (diffusion_samples/atom_positions, full_pae, ...), in
// its order.
NpzArrays to_arrays(const Prediction& prediction);

}  // namespace pleat::model
