#include "model/confidence_head.h"

#include <algorithm>
#include <array>

namespace pleat::model {

using featurise::Batch;
using featurise::kAtomSlots;
using ops::Array;
using ops::Variance;

namespace {

// Centres of `bins` bins of width `width`, the first at half a width: [1, bins].
Tensor<float> bin_centres(int64_t bins, float width) {
  Tensor<float> centres({1, bins});
  for (int64_t b = 0; b < bins; ++b) centres[b] = width * (static_cast<float>(b) + 0.5f);
  return centres;
}

// Centres of the bins of PAE and PDE, Angstrom.
Tensor<float> error_centres(int64_t bins) {
  constexpr float kFirst = 0.25f, kWidth = 0.5f;
  Tensor<float> centres({1, bins});
  for (int64_t b = 0; b < bins; ++b) centres[b] = kFirst + kWidth * static_cast<float>(b);
  return centres;
}

// The sample's pseudo-beta positions [N, 3]; zero for a token without one.
Tensor<float> pseudo_betas(const Batch& batch, const Prediction& prediction, int64_t sample) {
  Tensor<float> out({batch.tokens, 3});
  const int64_t first = sample * batch.tokens * kAtomSlots;
  for (int64_t i = 0; i < batch.tokens; ++i)
    if (batch.token_atoms_to_pseudo_beta.mask[i])
      std::copy_n(&prediction.atom_positions[(first + batch.token_atoms_to_pseudo_beta.idx[i]) * 3], 3,
                  &out(i));
  return out;
}

}  // namespace

ConfidenceHead::ConfidenceHead(const ParameterReader& diffuser)
    : blocks_(layer_stack<PairFormerIteration>(
          diffuser.in("confidence_head").in("__layer_stack_no_per_layer").in("confidence_pairformer"),
          "single_pair_logits_norm:scale")) {
  const ParameterReader head = diffuser.in("confidence_head");
  const ParameterReader embed = head.in("~_embed_features");
  left_right_ = embed.joined({"left_target_feat_project", "right_target_feat_project"});
  distogram_ = embed.table("distogram_feat_project");
  logits_ln_ = head.layer_norm("logits_ln", Variance::fast);
  pae_logits_ln_ = head.layer_norm("pae_logits_ln", Variance::fast);
  plddt_logits_ln_ = head.layer_norm("plddt_logits_ln", Variance::fast);
  resolved_ln_ = head.layer_norm("experimentally_resolved_ln", Variance::fast);
  const ParameterReader exact = head.with(ops::Arithmetic::float32);
  half_distance_logits_ = exact.linear("left_half_distance_logits");
  pae_logits_ = exact.linear("pae_logits");
  plddt_logits_ = exact.linear("plddt_logits");
  resolved_logits_ = exact.linear("experimentally_resolved_logits");
}

void ConfidenceHead::allocate(const Batch& batch, int64_t samples, Prediction& out) const {
  const int64_t n = batch.tokens;
  out.predicted_lddt = Tensor<float>({samples, n, kAtomSlots});
  out.predicted_experimentally_resolved = Tensor<float>({samples, n, kAtomSlots});
  for (auto* pairwise :
       {&out.full_pde, &out.full_pae, &out.tmscore_adjusted_pae_global, &out.tmscore_adjusted_pae_interface})
    *pairwise = Tensor<float>({samples, n, n});
  out.average_pde = Tensor<float>({samples});
}

// pair_ij += left_j + right_i + distogram of the sample's pseudo-beta distances.
void ConfidenceHead::embed(ops::Backend& ops, const Batch& batch, const Array& target_feat, int64_t sample,
                           const Prediction& out, Array& pair) const {
  const Array left_right = ops.linear(target_feat, left_right_);
  ops.add_distances(left_right, ops.upload(pseudo_betas(batch, out, sample)), distogram_, pair);
}

void ConfidenceHead::distance_error(ops::Backend& ops, const Array& pair, int64_t sample,
                                    Prediction& out) const {
  const Array centres = ops.upload(error_centres(half_distance_logits_.cols()));
  const Array pde = ops.symmetric_expectation(pair, logits_ln_, half_distance_logits_, centres);
  const int64_t first = sample * pde.size();
  ops.download(pde, out.full_pde, first);
  double sum = 0;
  for (int64_t k = 0; k < pde.size(); ++k) sum += out.full_pde[first + k];
  out.average_pde[sample] = static_cast<float>(sum / static_cast<double>(pde.size()));
}

void ConfidenceHead::aligned_error(ops::Backend& ops, const Batch& batch, const Array& pair, int64_t sample,
                                   Prediction& out) const {
  const Array centres = ops.upload(error_centres(pae_logits_.cols()));
  const std::vector<Array> errors =
      ops.aligned_error(pair, ops.upload(batch.asym_id), pae_logits_ln_, pae_logits_, centres);
  Tensor<float>* const results[] = {&out.full_pae, &out.tmscore_adjusted_pae_global,
                                    &out.tmscore_adjusted_pae_interface};
  for (size_t k = 0; k < errors.size(); ++k) ops.download(errors[k], *results[k], sample * errors[k].size());
}

void ConfidenceHead::per_atom(ops::Backend& ops, const Array& single, int64_t sample, Prediction& out) const {
  const int64_t first = sample * single.rows() * kAtomSlots, bins = plddt_logits_.cols() / kAtomSlots;
  const Array centres = ops.upload(bin_centres(bins, 1.0f / static_cast<float>(bins)));
  const Array lddt = ops.expectations(single, plddt_logits_ln_, plddt_logits_, centres);
  ops.download(ops.scale(100.0f, lddt), out.predicted_lddt, first);
  // The second of two classes is "resolved".
  const Array second = ops.upload(Tensor<float>({1, kResolvedClasses}, std::array{0.0f, 1.0f}));
  const Array resolved = ops.expectations(single, resolved_ln_, resolved_logits_, second);
  ops.download(resolved, out.predicted_experimentally_resolved, first);
}

void ConfidenceHead::operator()(ops::Backend& ops, const Batch& batch, const Array& target_feat,
                                const Array& pair, const Array& single, int64_t sample,
                                ops::Location pair_location, Prediction& out) const {
  Array p = pair_location == ops::Location::host
                ? ops.make(pair.rows(), pair.cols(), pair.type(), pair_location)
                : ops.temporary(pair.rows(), pair.cols(), pair.type());
  Array s = ops.temporary(single.rows(), single.cols());
  ops.copy(pair, p);
  ops.copy(single, s);
  embed(ops, batch, target_feat, sample, out, p);
  for (const PairFormerIteration& block : blocks_) block(ops, p, s);
  distance_error(ops, p, sample, out);
  aligned_error(ops, batch, p, sample, out);
  per_atom(ops, s, sample, out);
}

}  // namespace pleat::model
