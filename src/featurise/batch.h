// The numeric features of one job and seed, the input of the network. docs/specs/featurisation.md, section
// 12.
//
// Arrays hold only the real tokens (N). The bucket matters in two places: it selects the random stream, and
// index arrays (Gather) refer to the reference's padded layouts, so they keep that padded form.
#pragma once

#include <cstdint>
#include <string>

#include "base/file.h"
#include "tensor/npz.h"
#include "tensor/tensor.h"

namespace pleat::featurise {

constexpr int kAtomSlots = 24;             // dense atom slots of a token
constexpr int kTemplates = 4;              // templates of a batch, empty ones included
constexpr int kMsaRows = 16384;            // rows of the padded MSA
constexpr int kQueries = 32, kKeys = 128;  // query and key atoms of an attention window

// target.flat[i] = mask[i] ? source.flat[idx[i]] : 0. idx refers to the flattened padded source (shape
// input_shape).
struct Gather {
  Tensor<int64_t> idx;
  Tensor<uint8_t> mask;
  Tensor<int64_t> input_shape;
};

// P: padded tokens (bucket), S = ceil(24 P / 32): windows of the padded atom list.
struct Batch {
  int64_t tokens = 0;  // N
  int64_t bucket = 0;  // P >= N

  Tensor<int8_t> msa, deletion_matrix;  // [num_alignments, N]; every row real
  Tensor<float> profile;                // [N, 31]
  Tensor<double> deletion_mean;         // [N]

  Tensor<int32_t> template_aatype;        // [4, N]
  Tensor<float> template_atom_positions;  // [4, N, 24, 3] Angstrom
  Tensor<uint8_t> template_atom_mask;     // [4, N, 24]

  Tensor<int32_t> residue_index, token_index, aatype, asym_id, entity_id, sym_id,
      residue_center_index;                                                                       // [N]
  Tensor<uint8_t> is_protein, is_rna, is_dna, is_ligand, is_nonstandard_polymer_chain, is_water;  // [N]
  Tensor<uint8_t> frames_mask;                                                                    // [N]

  Tensor<float> ref_pos;                 // [N, 24, 3] Angstrom
  Tensor<uint8_t> ref_mask;              // [N, 24]
  Tensor<int32_t> ref_element;           // [N, 24]
  Tensor<float> ref_charge;              // [N, 24]
  Tensor<int32_t> ref_atom_name_chars;   // [N, 24, 4]
  Tensor<int32_t> ref_space_uid;         // [N, 24]
  Tensor<uint8_t> pred_dense_atom_mask;  // [N, 24]

  Gather token_atoms_to_queries, tokens_to_queries;                            // [S, 32]
  Gather queries_to_keys, tokens_to_keys;                                      // [S, 128]
  Gather queries_to_token_atoms;                                               // [P, 24]
  Gather token_atoms_to_pseudo_beta;                                           // [P]
  Gather tokens_to_polymer_ligand_bonds, token_atoms_to_polymer_ligand_bonds;  // [P, 2]
  Gather tokens_to_ligand_ligand_bonds;                                        // [10 P, 2]

  int64_t num_alignments() const { return msa.dim(0); }
  int64_t num_chains() const;  // largest asym_id
};

// Convert to and from the table of docs/specs/featurisation.md, section 12: padded to the bucket, with the
// reference's names, shapes, types and order. read_features throws Error naming the file, the array, what it
// found and what it expects: a missing array, a wrong shape or type, an index outside its source, a token
// count of zero.
NpzArrays to_features(const Batch& batch);
Batch read_features(const fs::path& npz);

}  // namespace pleat::featurise
