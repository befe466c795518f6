// Inputs of the network's first operations, from the batch (the reference's model/network/featurization.py
// and create_target_feat_embedding of model/model.py).
#pragma once

#include <vector>

#include "featurise/batch.h"
#include "random/threefry.h"

namespace pleat::model {

constexpr int kResidueClasses = 31;                      // one-hot classes of a token's residue type
constexpr int kTokenFeatures = 2 * kResidueClasses + 1;  // of the target features, without the encoded atoms
constexpr int kMsaFeatures = 34;                         // 32 one-hot classes, has deletion, deletion value
constexpr int kMsaDepth = 1024;                          // MSA rows in one pass of the trunk

// onehot(aatype, 31), profile [31], deletion_mean: [N, 63].
Tensor<float> token_features(const featurise::Batch& batch);

// Columns residue_index, token_index, asym_id, entity_id, sym_id: [N, 5], for the relative encoding.
Tensor<int32_t> token_identities(const featurise::Batch& batch);

// Rows of the MSA for one recycle, at most max_rows: descending by a Gumbel draw per row
// (docs/specs/random.md, section 3).
std::vector<int> shuffle_msa(const featurise::Batch& batch, random::Key key, int max_rows);

// Letter and deletions of each token in each of `rows`: [S * N, 2], row s * N + i.
Tensor<int32_t> msa_letters(const featurise::Batch& batch, const std::vector<int>& rows);

// Pairs (from, to) of the bond features [B, 2]; each may occur more than once, never (0, 0).
Tensor<int32_t> bonded_tokens(const featurise::Batch& batch);

}  // namespace pleat::model
