#include "model/featurization.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace pleat {

void create_target_feat(const featurise::Batch& batch, Mat out) {
  for (int64_t i = 0; i < batch.tokens; ++i) {
    float* row = out.row(i);
    std::fill_n(row, 2 * featurise::kResidueTypes + 1, 0.0f);
    const int type = batch.aatype[i];
    if (type >= 0 && type < featurise::kResidueTypes) row[type] = 1.0f;
    std::copy_n(&batch.profile(i), featurise::kResidueTypes, row + featurise::kResidueTypes);
    row[2 * featurise::kResidueTypes] = static_cast<float>(batch.deletion_mean[i]);
  }
}

RelativeEncoding relative_encoding(const featurise::Batch& batch, int64_t i, int64_t j) {
  constexpr int kMaxRelative = 32, kMaxChain = 2;
  constexpr int kOther = 2 * kMaxRelative + 1, kPositions = kOther + 1, kOtherChain = 2 * kMaxChain + 1;
  const bool same_chain = batch.asym_id[i] == batch.asym_id[j];
  const bool same_residue = same_chain && batch.residue_index[i] == batch.residue_index[j];
  const auto clipped = [](int difference, int limit) { return std::clamp(difference + limit, 0, 2 * limit); };
  RelativeEncoding out;
  out.entity = batch.entity_id[i] == batch.entity_id[j];
  out.residue = same_chain ? clipped(batch.residue_index[i] - batch.residue_index[j], kMaxRelative) : kOther;
  out.token = kPositions +
              (same_residue ? clipped(batch.token_index[i] - batch.token_index[j], kMaxRelative) : kOther);
  out.chain =
      2 * kPositions + 1 + (out.entity ? clipped(batch.sym_id[i] - batch.sym_id[j], kMaxChain) : kOtherChain);
  return out;
}

std::vector<int> shuffle_msa(const featurise::Batch& batch, random::Key key, int max_rows) {
  const random::Key sample_key = random::split(key, 1);
  const auto rows = static_cast<int>(batch.num_alignments());
  std::vector<float> score(static_cast<size_t>(rows));
  for (int m = 0; m < rows; ++m)
    score[static_cast<size_t>(m)] = random::gumbel(random::split(sample_key, static_cast<uint32_t>(m)), 0);
  std::vector<int> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  // Ascending and stable, then reversed: of equal scores the later row comes first.
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return score[static_cast<size_t>(a)] < score[static_cast<size_t>(b)];
  });
  std::reverse(order.begin(), order.end());
  order.resize(static_cast<size_t>(std::min(rows, max_rows)));
  return order;
}

void create_msa_feat(const featurise::Batch& batch, int64_t s, int64_t i, float* out) {
  std::fill_n(out, kMsaFeatures, 0.0f);
  const int letter = batch.msa(s, i);
  if (letter >= 0 && letter < kMsaFeatures - 2) out[letter] = 1.0f;
  const auto deletions = static_cast<float>(batch.deletion_matrix(s, i));
  out[kMsaFeatures - 2] = std::clamp(deletions, 0.0f, 1.0f);
  out[kMsaFeatures - 1] = std::atan(deletions / 3.0f) * (2.0f / std::numbers::pi_v<float>);
}

std::vector<std::pair<int, int>> bonded_tokens(const featurise::Batch& batch) {
  std::vector<std::pair<int, int>> pairs;
  for (const featurise::Gather* bonds :
       {&batch.tokens_to_polymer_ligand_bonds, &batch.tokens_to_ligand_ligand_bonds})
    for (int64_t b = 0; b < bonds->idx.dim(0); ++b) {
      // A row that is masked out becomes (0, 0), which the reference clears.
      const bool present = bonds->mask(b, 0) && bonds->mask(b, 1);
      const auto from = static_cast<int>(bonds->idx(b, 0)), to = static_cast<int>(bonds->idx(b, 1));
      if (present && (from != 0 || to != 0)) pairs.emplace_back(from, to);
    }
  return pairs;
}

}  // namespace pleat
