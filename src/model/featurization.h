// From the batch to the network's first activations (the reference's model/network/featurization.py and
// create_target_feat_embedding of model/model.py).
#pragma once

#include <vector>

#include "featurise/batch.h"
#include "featurise/residue_types.h"
#include "kernels/context.h"
#include "random/threefry.h"

namespace pleat {

constexpr int kMsaFeatures = 34;        // 32 one-hot classes, has deletion, deletion value
constexpr int kRelativeFeatures = 139;  // 66 + 66 + 1 + 6
constexpr int kSameEntityFeature = 132;

// onehot(aatype, 31), profile [31], deletion_mean into the first 63 columns of out [N, 63 + C].
void create_target_feat(const featurise::Batch& batch, Mat out);

// The relative encoding of a token pair (algorithm 3) as the positions of its ones in the 139 features;
// `entity` tells whether feature 132 (same entity) is one.
struct RelativeEncoding {
  int residue = 0, token = 0, chain = 0;  // feature numbers
  bool entity = false;
};
RelativeEncoding relative_encoding(const featurise::Batch& batch, int64_t i, int64_t j);

// Rows of the MSA for one recycle, at most max_rows: descending by a Gumbel draw per row (specs/random.md 3).
std::vector<int> shuffle_msa(const featurise::Batch& batch, random::Key key, int max_rows);

// msa_feat [34] of row s at token i.
void create_msa_feat(const featurise::Batch& batch, int64_t s, int64_t i, float* out);

// (from, to) token pairs of the bond features; each may occur more than once, never (0, 0).
std::vector<std::pair<int, int>> bonded_tokens(const featurise::Batch& batch);

}  // namespace pleat
