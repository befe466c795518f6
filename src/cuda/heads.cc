// The heads on the GPU: probabilities and their expectations.
#include <algorithm>

#include "cuda/backend.h"
#include "cuda/views.h"

namespace pleat::cuda {

Array CudaBackend::expectations(const Array& x, const LayerNorm& norm, const Linear& w, const Array& values) {
  const int64_t bins = values.cols(), groups = w.cols() / bins;
  Array out = temporary(values.rows() * x.rows(), groups);
  const int64_t piece = piece_of(x.rows(), w.cols() * bytes_of(Type::float32));
  const Array logits = temporary(piece, w.cols());
  for_pieces(x.rows(), piece, [&](int64_t first, int64_t count) {
    ProductArguments p = product_of(x, first, count, w);
    apply(norm, p.left[0]);
    put(logits, p);
    multiply(p, w.arithmetic());
    const ExpectArguments e{floats(logits), count,   groups, bins,  values.rows(), floats(values),
                            nullptr,        nullptr, 0,      first, x.rows(),      floats(out)};
    launch(expect_kernel(), warp_grid(count * groups), e);
  });
  return out;
}

namespace {

// For pairs from (first, 0): l_ij, or l_ji in rows (i, j).
ProductArguments logits_of(const Array& pair, int64_t tokens, int64_t first, int64_t count, bool transposed,
                           const Linear& w) {
  const int64_t c = pair.cols();
  ProductArguments p = product_of(pair, transposed ? first : first * tokens, count * tokens, w);
  if (transposed) p.left[0].x.rows = every(tokens, c, tokens * c);
  return p;
}

}  // namespace

Array CudaBackend::symmetric_expectation(const Array& pair, const LayerNorm& norm, const Linear& w,
                                         const Array& centres) {
  const int64_t n = tokens_of(pair.rows()), bins = w.cols();
  Array out = temporary(n, n);
  const int64_t piece = piece_of(n, n * bins * bytes_of(Type::float32));
  const Array logits = temporary(piece * n, bins);
  for_pieces(n, piece, [&](int64_t first, int64_t count) {
    for (const bool transposed : {false, true}) {
      ProductArguments p = logits_of(pair, n, first, count, transposed, w);
      apply(norm, p.left[0]);
      put(logits, p);
      p.after.accumulate = transposed;
      multiply(p, w.arithmetic());
    }
    const ExpectArguments e{floats(logits), count * n, 1, bins,      1,     floats(centres),
                            nullptr,        nullptr,   0, first * n, n * n, floats(out)};
    launch(expect_kernel(), warp_grid(e.rows), e);
  });
  return out;
}

std::vector<Array> CudaBackend::aligned_error(const Array& pair, const Array& chains, const LayerNorm& norm,
                                              const Linear& w, const Array& centres) {
  const int64_t n = tokens_of(pair.rows()), bins = w.cols();
  std::vector<Array> out;
  for (int k = 0; k < 3; ++k) out.push_back(temporary(n, n));
  const Array all = temporary(3 * n, n), sizes = temporary(n, 1, Type::int32);
  auto* chain_sizes = reinterpret_cast<int32_t*>(bytes_at(sizes));
  launch(count_chains_kernel(), thread_grid(n), ChainSizesArguments{ints(chains), n, chain_sizes});
  const int64_t piece = piece_of(n, n * bins * bytes_of(Type::float32));
  const Array logits = temporary(piece * n, bins);
  for_pieces(n, piece, [&](int64_t first, int64_t count) {
    ProductArguments p = logits_of(pair, n, first, count, false, w);
    apply(norm, p.left[0]);
    put(logits, p);
    multiply(p, w.arithmetic());
    const ExpectArguments e{floats(logits), count * n,   1, bins,      3,     floats(centres),
                            ints(chains),   chain_sizes, n, first * n, n * n, floats(all)};
    launch(expect_kernel(), warp_grid(e.rows), e);
  });
  for (size_t k = 0; k < out.size(); ++k) {
    CombineArguments c;
    c.x = floats(all, static_cast<int64_t>(k) * n * n);
    c.out = floats(out[k]);
    c.rows = n;
    c.cols = c.x_stride = c.out_stride = n;
    launch(combine_kernel(), thread_grid(n * n), c);
  }
  return out;
}

ops::Backend::Distogram CudaBackend::distogram(const Array& pair, const Linear& w, int64_t contact_bins,
                                               bool keep) {
  const int64_t n = tokens_of(pair.rows()), bins = w.cols();
  Tensor<float> contacts({1, bins});
  std::fill_n(contacts.data(), contact_bins, 1.0f);
  const Array is_contact = upload(contacts);
  Distogram out;
  const int64_t piece = keep ? n : piece_of(n, n * bins * bytes_of(Type::float32));
  Array logits = temporary(piece * n, bins);
  out.contact_probs = temporary(n, n);
  for_pieces(n, piece, [&](int64_t first, int64_t count) {
    for (const bool transposed : {false, true}) {
      ProductArguments p = logits_of(pair, n, first, count, transposed, w);
      put(logits, p);
      p.after.accumulate = transposed;
      multiply(p, w.arithmetic());
    }
    const ExpectArguments e{floats(logits), count * n, 1, bins,      1,     floats(is_contact),
                            nullptr,        nullptr,   0, first * n, n * n, floats(out.contact_probs)};
    launch(expect_kernel(), warp_grid(e.rows), e);
  });
  if (keep) out.logits = std::move(logits);
  return out;
}

int64_t CudaBackend::head_scratch_bytes(int64_t tokens, int64_t, int64_t bins) const {
  const int64_t line = tokens * bins * bytes_of(Type::float32);
  return std::max(std::min(pieces_.bytes, tokens * line), line);
}

}  // namespace pleat::cuda
