#include "model/distogram_head.h"

namespace pleat::model {

DistogramHead::DistogramHead(const ParameterReader& diffuser)
    : half_logits_(diffuser.in("distogram_head").linear("half_logits")) {}

void DistogramHead::operator()(ops::Backend& ops, const ops::Array& pair, bool keep, Prediction& out) const {
  constexpr float kFirstBreak = 2.3125f, kLastBreak = 21.6875f, kContact = 8.0f + 1e-3f;
  const int64_t bins = half_logits_.cols();
  out.distogram_bin_edges = Tensor<float>({bins - 1});
  for (int64_t b = 0; b + 1 < bins; ++b)
    out.distogram_bin_edges[b] =
        kFirstBreak + static_cast<float>(b) * ((kLastBreak - kFirstBreak) / static_cast<float>(bins - 2));
  int64_t contact_bins = 0;  // bins whose upper edge is a contact's distance or less
  while (contact_bins + 1 < bins && out.distogram_bin_edges[contact_bins] <= kContact) ++contact_bins;

  const ops::Backend::Distogram distogram = ops.distogram(pair, half_logits_, contact_bins, keep);
  const int64_t tokens = distogram.contact_probs.rows();
  out.contact_probs = Tensor<float>::uninitialised({tokens, tokens});
  ops.download(distogram.contact_probs, out.contact_probs);
  if (!keep) return;
  out.distogram = Tensor<float>::uninitialised({tokens, tokens, bins});
  ops.download(distogram.logits, out.distogram);
}

}  // namespace pleat::model
