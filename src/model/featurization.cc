#include "model/featurization.h"

#include <algorithm>
#include <numeric>

namespace pleat::model {

using featurise::Batch;
using featurise::Gather;

Tensor<float> token_features(const Batch& batch) {
  Tensor<float> out({batch.tokens, kTokenFeatures});
  for (int64_t i = 0; i < batch.tokens; ++i) {
    const int type = batch.aatype[i];
    if (type >= 0 && type < kResidueClasses) out(i, type) = 1.0f;
    std::copy_n(&batch.profile(i), kResidueClasses, &out(i, kResidueClasses));
    out(i, 2 * kResidueClasses) = static_cast<float>(batch.deletion_mean[i]);
  }
  return out;
}

Tensor<int32_t> token_identities(const Batch& batch) {
  Tensor<int32_t> out({batch.tokens, 5});
  const Tensor<int32_t>* columns[] = {&batch.residue_index, &batch.token_index, &batch.asym_id,
                                      &batch.entity_id, &batch.sym_id};
  for (int64_t i = 0; i < batch.tokens; ++i)
    for (int64_t c = 0; c < 5; ++c) out(i, c) = (*columns[c])[i];
  return out;
}

std::vector<int> shuffle_msa(const Batch& batch, random::Key key, int max_rows) {
  const random::Key sample_key = split(key, 1);
  const auto rows = static_cast<int>(batch.num_alignments());
  std::vector<float> score(static_cast<size_t>(rows));
  for (int m = 0; m < rows; ++m)
    score[static_cast<size_t>(m)] = gumbel(split(sample_key, static_cast<uint32_t>(m)), 0);
  std::vector<int> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  // A stable ascending sort, reversed: of equal scores the later row comes first.
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return score[static_cast<size_t>(a)] < score[static_cast<size_t>(b)];
  });
  std::reverse(order.begin(), order.end());
  order.resize(static_cast<size_t>(std::min(rows, max_rows)));
  return order;
}

Tensor<int32_t> msa_letters(const Batch& batch, const std::vector<int>& rows) {
  auto out = Tensor<int32_t>::uninitialised({static_cast<int64_t>(rows.size()) * batch.tokens, 2});
  int64_t at = 0;
  for (const int row : rows)
    for (int64_t i = 0; i < batch.tokens; ++i, ++at) {
      out(at, 0) = batch.msa(row, i);
      out(at, 1) = batch.deletion_matrix(row, i);
    }
  return out;
}

Tensor<int32_t> bonded_tokens(const Batch& batch) {
  std::vector<int32_t> pairs;
  for (const Gather* bonds : {&batch.tokens_to_polymer_ligand_bonds, &batch.tokens_to_ligand_ligand_bonds})
    for (int64_t b = 0; b < bonds->idx.dim(0); ++b) {
      // A masked row becomes (0, 0), which the reference clears.
      const bool present = bonds->mask(b, 0) && bonds->mask(b, 1);
      const auto from = static_cast<int32_t>(bonds->idx(b, 0)), to = static_cast<int32_t>(bonds->idx(b, 1));
      if (present && (from != 0 || to != 0)) pairs.insert(pairs.end(), {from, to});
    }
  return Tensor<int32_t>({static_cast<int64_t>(pairs.size()) / 2, 2}, pairs);
}

}  // namespace pleat::model
