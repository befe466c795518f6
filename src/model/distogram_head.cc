#include "model/distogram_head.h"

namespace pleat {

DistogramHead::DistogramHead(const ParameterReader& diffuser)
    : half_logits_(diffuser.in("distogram_head").linear("half_logits")) {}

void DistogramHead::operator()(const Context& context, int64_t tokens, ConstMat pair, Prediction& out) const {
  constexpr float kFirstBreak = 2.3125f, kLastBreak = 21.6875f, kContact = 8.0f + 1e-3f;
  const int64_t bins = half_logits_.cols();
  out.distogram_bin_edges = Tensor<float>({bins - 1});
  for (int64_t b = 0; b + 1 < bins; ++b)
    out.distogram_bin_edges[b] =
        kFirstBreak + static_cast<float>(b) * ((kLastBreak - kFirstBreak) / static_cast<float>(bins - 2));
  int64_t contact_bins = 0;  // bins whose upper edge is a contact's distance or less
  while (contact_bins + 1 < bins && out.distogram_bin_edges[contact_bins] <= kContact) ++contact_bins;

  Context::Scope scope(context);
  const Mat half = scope.take(pair.rows, bins);
  context.for_row_blocks(pair.rows, [&](int64_t first, int64_t count, Scratch) {
    gemm(pair.rows_at(first, count), half_logits_, half.rows_at(first, count));
  });
  out.distogram = Tensor<float>::uninitialised({tokens, tokens, bins});
  out.contact_probs = Tensor<float>::uninitialised({tokens, tokens});
  context.for_each(tokens, [&](int64_t i, Scratch scratch) {
    const Mat logits(&out.distogram(i), tokens, bins), probabilities = scratch.take(tokens, bins);
    copy(half.rows_at(i * tokens, tokens), logits);
    add(ConstMat(half.row(i), tokens, bins, tokens * bins), logits);
    copy(logits, probabilities);
    softmax(probabilities);
    for (int64_t j = 0; j < tokens; ++j) {
      float sum = 0;
      for (int64_t b = 0; b < contact_bins; ++b) sum += probabilities.row(j)[b];
      out.contact_probs(i, j) = sum;
    }
  });
}

}  // namespace pleat
