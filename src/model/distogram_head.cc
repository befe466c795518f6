#include "model/distogram_head.h"

namespace pleat {

DistogramHead::DistogramHead(const ParameterReader& diffuser)
    : half_logits_(diffuser.in("distogram_head").linear("half_logits")) {}

void DistogramHead::operator()(const Context& context, int64_t tokens, ConstStoredMat pair, bool keep,
                               Prediction& out) const {
  constexpr float kFirstBreak = 2.3125f, kLastBreak = 21.6875f, kContact = 8.0f + 1e-3f;
  const int64_t bins = half_logits_.cols();
  out.distogram_bin_edges = Tensor<float>({bins - 1});
  for (int64_t b = 0; b + 1 < bins; ++b)
    out.distogram_bin_edges[b] =
        kFirstBreak + static_cast<float>(b) * ((kLastBreak - kFirstBreak) / static_cast<float>(bins - 2));
  int64_t contact_bins = 0;  // bins whose upper edge is a contact's distance or less
  while (contact_bins + 1 < bins && out.distogram_bin_edges[contact_bins] <= kContact) ++contact_bins;

  if (keep) out.distogram = Tensor<float>::uninitialised({tokens, tokens, bins});
  out.contact_probs = Tensor<float>::uninitialised({tokens, tokens});
  context.for_each(tokens, [&](int64_t i, Scratch scratch) {
    const Mat x = scratch.take(tokens, pair.cols), logits = scratch.take(tokens, bins),
              transposed = scratch.take(tokens, bins);
    copy(pair.rows_at(i * tokens, tokens), x);
    gemm(x, half_logits_, logits);
    copy(pair.every(tokens, i, tokens), x);
    gemm(x, half_logits_, transposed);
    add(transposed, logits);
    if (keep) copy(logits, Mat(&out.distogram(i), tokens, bins));
    softmax(logits);
    for (int64_t j = 0; j < tokens; ++j) {
      float sum = 0;
      for (int64_t b = 0; b < contact_bins; ++b) sum += logits.row(j)[b];
      out.contact_probs(i, j) = sum;
    }
  });
}

}  // namespace pleat
