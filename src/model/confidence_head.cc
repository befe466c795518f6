#include "model/confidence_head.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/distances.h"

namespace pleat {
namespace {

constexpr float kFirstErrorCentre = 0.25f, kErrorBin = 0.5f;  // Angstrom, PAE and PDE
constexpr int kPlddtSlots = featurise::kAtomSlots;

float error_centre(int64_t bin) { return kFirstErrorCentre + kErrorBin * static_cast<float>(bin); }

// Expectation of `values` under one row of probabilities.
float expectation(const float* probabilities, const float* values, int64_t bins) {
  float sum = 0;
  for (int64_t b = 0; b < bins; ++b) sum += probabilities[b] * values[b];
  return sum;
}

// TM-score weight of each error bin for `residues` residues: 1 / (1 + (error / d0)^2).
void tm_weights(int64_t residues, int64_t bins, float* weights) {
  const auto n = static_cast<float>(std::max<int64_t>(residues, 19));
  const float d0 = 1.24f * std::cbrt(n - 15.0f) - 1.8f;
  for (int64_t b = 0; b < bins; ++b)
    weights[b] = 1.0f / (1.0f + error_centre(b) * error_centre(b) / (d0 * d0));
}

}  // namespace

ConfidenceHead::ConfidenceHead(const ParameterReader& diffuser)
    : blocks_(layer_stack<PairFormerIteration>(
          diffuser.in("confidence_head").in("__layer_stack_no_per_layer").in("confidence_pairformer"),
          "single_pair_logits_norm:scale")) {
  const ParameterReader head = diffuser.in("confidence_head");
  const ParameterReader embed = head.in("~_embed_features");
  left_right_ = embed.joined({"left_target_feat_project", "right_target_feat_project"});
  distogram_ = embed.weights("distogram_feat_project");
  logits_ln_ = head.layer_norm("logits_ln");
  pae_logits_ln_ = head.layer_norm("pae_logits_ln");
  plddt_logits_ln_ = head.layer_norm("plddt_logits_ln");
  resolved_ln_ = head.layer_norm("experimentally_resolved_ln");
  const ParameterReader exact = head.with(Arithmetic::float32);
  half_distance_logits_ = exact.linear("left_half_distance_logits");
  pae_logits_ = exact.linear("pae_logits");
  plddt_logits_ = exact.linear("plddt_logits");
  resolved_logits_ = exact.linear("experimentally_resolved_logits");
}

void ConfidenceHead::allocate(const featurise::Batch& batch, int64_t samples, Prediction& out) const {
  const int64_t n = batch.tokens;
  out.predicted_lddt = Tensor<float>({samples, n, kPlddtSlots});
  out.predicted_experimentally_resolved = Tensor<float>({samples, n, kPlddtSlots});
  for (auto* pairwise :
       {&out.full_pde, &out.full_pae, &out.tmscore_adjusted_pae_global, &out.tmscore_adjusted_pae_interface})
    *pairwise = Tensor<float>({samples, n, n});
  out.average_pde = Tensor<float>({samples});
}

// pair_ij += left_j + right_i + distogram of the sample's pseudo-beta distances. Left belongs to the column.
void ConfidenceHead::embed(const Context& context, const featurise::Batch& batch, ConstMat target_feat,
                           int64_t sample, const Prediction& out, StoredMat pair) const {
  Context::Scope scope(context);
  const int64_t n = batch.tokens, channels = pair.cols;
  const Mat left_right = scope.take(n, 2 * channels);
  gemm(target_feat, left_right_, left_right);
  std::vector<std::array<float, 3>> beta(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i)
    if (batch.token_atoms_to_pseudo_beta.mask[i])
      std::copy_n(
          &out.atom_positions[(sample * n * featurise::kAtomSlots + batch.token_atoms_to_pseudo_beta.idx[i]) *
                              3],
          3, beta[static_cast<size_t>(i)].begin());
  context.for_each(n, [&](int64_t i, Scratch scratch) {
    const Mat rows = scratch.take(n, channels);
    copy(pair.rows_at(i * n, n), rows);
    const float* right = left_right.row(i) + channels;
    for (int64_t j = 0; j < n; ++j) {
      const auto &a = beta[static_cast<size_t>(i)], &b = beta[static_cast<size_t>(j)];
      const float x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
      const int bin = dgram_bin(x * x + y * y + z * z);
      const float* left = left_right.row(j);
      float* row = rows.row(j);
      for (int64_t c = 0; c < channels; ++c) row[c] += left[c] + right[c];
      if (bin >= 0)
        for (int64_t c = 0; c < channels; ++c) row[c] += distogram_(bin, c);
    }
    copy(rows, pair.rows_at(i * n, n));
  });
}

// Logits l_ij + l_ji, l = LN(pair) W: a token's row and column of the pair.
void ConfidenceHead::distance_error(const Context& context, int64_t n, ConstStoredMat pair, int64_t sample,
                                    Prediction& out) const {
  const int64_t bins = half_distance_logits_.cols();
  std::vector<float> centres;
  for (int64_t b = 0; b < bins; ++b) centres.push_back(error_centre(b));
  context.for_each(n, [&](int64_t i, Scratch scratch) {
    const Mat x = scratch.take(n, pair.cols), p = scratch.take(n, bins), q = scratch.take(n, bins);
    logits_ln_(pair.rows_at(i * n, n), Variance::fast, x);
    gemm(x, half_distance_logits_, p);
    logits_ln_(pair.every(n, i, n), Variance::fast, x);
    gemm(x, half_distance_logits_, q);
    add(q, p);
    softmax(p);
    for (int64_t j = 0; j < n; ++j) out.full_pde(sample, i, j) = expectation(p.row(j), centres.data(), bins);
  });
  double sum = 0;
  for (int64_t k = 0; k < n * n; ++k) sum += out.full_pde[sample * n * n + k];
  out.average_pde[sample] = static_cast<float>(sum / static_cast<double>(n * n));
}

void ConfidenceHead::aligned_error(const Context& context, const featurise::Batch& batch, ConstStoredMat pair,
                                   int64_t sample, Prediction& out) const {
  const int64_t n = batch.tokens, bins = pae_logits_.cols();
  std::vector<int64_t> chain_length(static_cast<size_t>(batch.num_chains() + 1));
  for (int64_t i = 0; i < n; ++i) ++chain_length[static_cast<size_t>(batch.asym_id[i])];
  std::vector<float> centres, global(static_cast<size_t>(bins));
  for (int64_t b = 0; b < bins; ++b) centres.push_back(error_centre(b));
  tm_weights(n, bins, global.data());

  context.for_each(n, [&](int64_t i, Scratch scratch) {
    const Mat x = scratch.take(n, pair.cols), p = scratch.take(n, bins);
    pae_logits_ln_(pair.rows_at(i * n, n), Variance::fast, x);
    gemm(x, pae_logits_, p);
    softmax(p);
    std::vector<float> interface(static_cast<size_t>(bins));
    for (int64_t j = 0; j < n; ++j) {
      const int ci = batch.asym_id[i], cj = batch.asym_id[j];
      if (j == 0 || cj != batch.asym_id[j - 1]) {
        const int64_t li = chain_length[static_cast<size_t>(ci)], lj = chain_length[static_cast<size_t>(cj)];
        tm_weights(ci == cj ? li : li + lj, bins, interface.data());
      }
      out.full_pae(sample, i, j) = expectation(p.row(j), centres.data(), bins);
      out.tmscore_adjusted_pae_global(sample, i, j) = expectation(p.row(j), global.data(), bins);
      out.tmscore_adjusted_pae_interface(sample, i, j) = expectation(p.row(j), interface.data(), bins);
    }
  });
}

void ConfidenceHead::per_atom(const Context& context, ConstMat single, int64_t sample,
                              Prediction& out) const {
  context.for_row_blocks(single.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const ConstMat rows = single.rows_at(first, count);
    const int64_t bins = plddt_logits_.cols() / kPlddtSlots;
    const Mat x = scratch.take(count, single.cols);
    const Mat plddt = scratch.take(count, plddt_logits_.cols()),
              resolved = scratch.take(count, resolved_logits_.cols());
    plddt_logits_ln_(rows, Variance::fast, x);
    gemm(x, plddt_logits_, plddt);
    resolved_ln_(rows, Variance::fast, x);
    gemm(x, resolved_logits_, resolved);
    const Mat p(plddt.data, count * kPlddtSlots, bins), r(resolved.data, count * kPlddtSlots, 2);
    softmax(p);
    softmax(r);
    const float width = 1.0f / static_cast<float>(bins);
    std::vector<float> centres;
    for (int64_t b = 0; b < bins; ++b) centres.push_back(width * (static_cast<float>(b) + 0.5f));
    for (int64_t k = 0; k < p.rows; ++k) {
      const int64_t at = (sample * single.rows + first) * kPlddtSlots + k;
      out.predicted_lddt[at] = 100.0f * expectation(p.row(k), centres.data(), bins);
      out.predicted_experimentally_resolved[at] = r.row(k)[1];
    }
  });
}

void ConfidenceHead::operator()(const Context& context, const featurise::Batch& batch, ConstMat target_feat,
                                ConstStoredMat pair, ConstMat single, int64_t sample, Prediction& out) const {
  Context::Scope scope(context);
  const StoredMat p = scope.take_stored(pair.rows, pair.cols, pair.storage);
  const Mat s = scope.take(single.rows, single.cols);
  context.for_row_blocks(pair.rows, [&](int64_t first, int64_t count, Scratch) {
    copy(pair.rows_at(first, count), p.rows_at(first, count));
  });
  copy(single, s);
  embed(context, batch, target_feat, sample, out, p);
  for (const PairFormerIteration& block : blocks_) block(context, p, s);
  distance_error(context, batch.tokens, p, sample, out);
  aligned_error(context, batch, p, sample, out);
  per_atom(context, s, sample, out);
}

}  // namespace pleat
