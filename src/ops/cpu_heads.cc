// The heads on the CPU: probabilities and their expectations.
#include <algorithm>
#include <cmath>
#include <span>

#include "ops/cpu_backend.h"

namespace pleat::ops {
namespace {

// Expectation of `values` under one row of probabilities.
float expectation(const float* probabilities, const float* values, int64_t bins) {
  float sum = 0;
  for (int64_t b = 0; b < bins; ++b) sum += probabilities[b] * values[b];
  return sum;
}

// TM-score weight of each bin of errors for `residues` residues: 1 / (1 + (error / d0)^2).
void tm_weights(int64_t residues, std::span<const float> centres, float* weights) {
  const auto n = static_cast<float>(std::max<int64_t>(residues, 19));
  const float d0 = 1.24f * std::cbrt(n - 15.0f) - 1.8f;
  for (size_t b = 0; b < centres.size(); ++b)
    weights[b] = 1.0f / (1.0f + centres[b] * centres[b] / (d0 * d0));
}

}  // namespace

Array CpuBackend::expectations(const Array& x, const LayerNorm& norm, const Linear& w, const Array& values) {
  const int64_t bins = values.cols(), groups = w.cols() / bins, rows = x.rows();
  Array out = temporary(values.rows() * rows, groups);
  workers_.for_blocks(rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat n = scratch.take(count, x.cols()), logits = scratch.take(count, w.cols());
    apply(norm, stored(x).rows_at(first, count), n);
    kernels::gemm(n, packed(w), logits);
    const Mat p(logits.data, count * groups, bins);
    kernels::softmax(p);
    for (int64_t v = 0; v < values.rows(); ++v) {
      float* to = matrix(out).row(v * rows + first);
      for (int64_t k = 0; k < p.rows; ++k) to[k] = expectation(p.row(k), matrix(values).row(v), bins);
    }
  });
  return out;
}

Array CpuBackend::symmetric_expectation(const Array& pair, const LayerNorm& norm, const Linear& w,
                                        const Array& centres) {
  const int64_t n = tokens_of(pair), bins = w.cols();
  Array out = temporary(n, n);
  workers_.for_each(n, [&](int64_t i, Scratch scratch) {
    const Mat x = scratch.take(n, pair.cols()), p = scratch.take(n, bins), q = scratch.take(n, bins);
    apply(norm, stored(pair).rows_at(i * n, n), x);
    kernels::gemm(x, packed(w), p);
    apply(norm, stored(pair).every(n, i, n), x);
    kernels::gemm(x, packed(w), q);
    kernels::add(q, p);
    kernels::softmax(p);
    for (int64_t j = 0; j < n; ++j) matrix(out).row(i)[j] = expectation(p.row(j), values(centres), bins);
  });
  return out;
}

std::vector<Array> CpuBackend::aligned_error(const Array& pair, const Array& chains, const LayerNorm& norm,
                                             const Linear& w, const Array& centres) {
  const int64_t n = tokens_of(pair), bins = w.cols();
  const Ints chain(chains);
  const std::span<const float> errors(values(centres), static_cast<size_t>(bins));
  std::vector<int64_t> chain_length;
  for (int64_t i = 0; i < n; ++i) {
    const auto c = static_cast<size_t>(chain[i]);
    if (c >= chain_length.size()) chain_length.resize(c + 1);
    ++chain_length[c];
  }
  std::vector<float> global(static_cast<size_t>(bins));
  tm_weights(n, errors, global.data());

  std::vector<Array> out;
  for (int k = 0; k < 3; ++k) out.push_back(temporary(n, n));
  workers_.for_each(n, [&](int64_t i, Scratch scratch) {
    const Mat x = scratch.take(n, pair.cols()), p = scratch.take(n, bins), interface = scratch.take(1, bins);
    apply(norm, stored(pair).rows_at(i * n, n), x);
    kernels::gemm(x, packed(w), p);
    kernels::softmax(p);
    for (int64_t j = 0; j < n; ++j) {
      if (j == 0 || chain[j] != chain[j - 1]) {
        const int64_t li = chain_length[static_cast<size_t>(chain[i])];
        const int64_t lj = chain_length[static_cast<size_t>(chain[j])];
        tm_weights(chain[i] == chain[j] ? li : li + lj, errors, interface.data);
      }
      matrix(out[0]).row(i)[j] = expectation(p.row(j), errors.data(), bins);
      matrix(out[1]).row(i)[j] = expectation(p.row(j), global.data(), bins);
      matrix(out[2]).row(i)[j] = expectation(p.row(j), interface.data, bins);
    }
  });
  return out;
}

Backend::Distogram CpuBackend::distogram(const Array& pair, const Linear& w, int64_t contact_bins,
                                         bool keep) {
  const int64_t n = tokens_of(pair), bins = w.cols();
  Distogram out;
  if (keep) out.logits = temporary(pair.rows(), bins);
  out.contact_probs = temporary(n, n);
  workers_.for_each(n, [&](int64_t i, Scratch scratch) {
    const Mat x = scratch.take(n, pair.cols()), logits = scratch.take(n, bins),
              transposed = scratch.take(n, bins);
    kernels::copy(stored(pair).rows_at(i * n, n), x);
    kernels::gemm(x, packed(w), logits);
    kernels::copy(stored(pair).every(n, i, n), x);
    kernels::gemm(x, packed(w), transposed);
    kernels::add(transposed, logits);
    if (keep) kernels::copy(logits, matrix(out.logits).rows_at(i * n, n));
    kernels::softmax(logits);
    for (int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (int64_t b = 0; b < contact_bins; ++b) sum += logits.row(j)[b];
      matrix(out.contact_probs).row(i)[j] = sum;
    }
  });
  return out;
}

}  // namespace pleat::ops
