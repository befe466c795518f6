// Embeddings of features into the pair and the MSA, on the CPU.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "ops/cpu_backend.h"
#include "ops/cpu_tables.h"
#include "ops/distances.h"
#include "ops/relative_encoding.h"

namespace pleat::ops {
namespace {

TokenIdentity identity(const Ints& tokens, int64_t i) {
  return {tokens(i, 0), tokens(i, 1), tokens(i, 2), tokens(i, 3), tokens(i, 4)};
}

// The table's rows of the relative encoding of (i, j).
void encode(const RelativeEncoding& r, ConstMat table, float* row) {
  std::copy_n(table.row(r.residue), table.cols, row);
  add_to(row, table.row(r.token), table.cols);
  if (r.entity) add_to(row, table.row(kSameEntityFeature), table.cols);
  add_to(row, table.row(r.chain), table.cols);
}

}  // namespace

void CpuBackend::embed_pair(const PairEmbedding& weights, const Array& tokens, const Array& left_right,
                            const Array& bonds, Array& pair) {
  const int64_t n = tokens_of(pair), channels = pair.cols();
  const Ints identities(tokens), bonded_pairs(bonds);
  // Bonds are set, not counted: repeated pairs count once.
  Tensor<uint8_t> bonded({n, n});
  for (int64_t b = 0; b < bonds.rows(); ++b) bonded(bonded_pairs(b, 0), bonded_pairs(b, 1)) = 1;
  const ConstMat table = matrix(weights.position_activations), sides = matrix(left_right);
  workers_.for_each(n, [&](int64_t i, Scratch scratch) {
    const StoredMat lines = stored(pair).rows_at(i * n, n);
    const Mat previous = scratch.take(n, channels), encoding = scratch.take(n, channels);
    const Mat embedded = scratch.take(n, channels), rows = scratch.take(n, channels);
    apply(weights.prev_embedding_layer_norm, lines, previous);
    kernels::gemm(previous, packed(weights.prev_embedding), embedded);
    for (int64_t j = 0; j < n; ++j) {
      float* row = rows.row(j);
      const float *left = sides.row(i), *right = sides.row(j) + channels;
      for (int64_t c = 0; c < channels; ++c) row[c] = left[c] + right[c];
      encode(relative_encoding(identity(identities, i), identity(identities, j)), table, encoding.row(j));
    }
    kernels::add(embedded, rows);
    kernels::add(encoding, rows);
    for (int64_t j = 0; j < n; ++j)
      if (bonded(i, j)) add_to(rows.row(j), values(weights.bond_embedding), channels);
    kernels::copy(rows, lines);
  });
}

void CpuBackend::relative_norm_linear(const Array& pair, const Array& tokens, const LayerNorm& norm,
                                      const Linear& w, Array& out) {
  const int64_t n = tokens_of(pair);
  const Ints identities(tokens);
  workers_.for_each(n, [&](int64_t i, Scratch scratch) {
    const Mat x = scratch.take(n, pair.cols() + kRelativeFeatures);
    kernels::copy(stored(pair).rows_at(i * n, n), x.cols_at(0, pair.cols()));
    for (int64_t j = 0; j < n; ++j) {
      float* features = x.row(j) + pair.cols();
      std::fill_n(features, kRelativeFeatures, 0.0f);
      const RelativeEncoding r = relative_encoding(identity(identities, i), identity(identities, j));
      features[r.residue] = features[r.token] = features[r.chain] = 1.0f;
      if (r.entity) features[kSameEntityFeature] = 1.0f;
    }
    apply(norm, x, x);
    const Mat y = scratch.take(n, w.cols());
    kernels::gemm(x, packed(w), y);
    kernels::copy(y, stored(out).rows_at(i * n, n));
  });
}

void CpuBackend::add_distances(const Array& left_right, const Array& positions, const Array& table,
                               Array& pair) {
  const int64_t n = tokens_of(pair), channels = pair.cols();
  const ConstMat sides = matrix(left_right), at = matrix(positions), bins = matrix(table);
  workers_.for_each(n, [&](int64_t i, Scratch scratch) {
    const Mat rows = scratch.take(n, channels);
    const StoredMat lines = stored(pair).rows_at(i * n, n);
    kernels::copy(lines, rows);
    const float *right = sides.row(i) + channels, *a = at.row(i);
    for (int64_t j = 0; j < n; ++j) {
      const float* b = at.row(j);
      const float x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
      const int64_t bin = dgram_bin(x * x + y * y + z * z);
      const float* left = sides.row(j);
      float* row = rows.row(j);
      for (int64_t c = 0; c < channels; ++c) row[c] += left[c] + right[c];
      if (bin >= 0) add_to(row, bins.row(bin), channels);
    }
    kernels::copy(rows, lines);
  });
}

namespace {

// msa_feat [34] of one letter.
void write_msa_features(int letter, int deletions, float* out) {
  std::fill_n(out, kMsaClasses + 2, 0.0f);
  if (letter >= 0 && letter < kMsaClasses) out[letter] = 1.0f;
  const auto count = static_cast<float>(deletions);
  out[kMsaClasses] = std::clamp(count, 0.0f, 1.0f);
  out[kMsaClasses + 1] = std::atan(count / 3.0f) * (2.0f / std::numbers::pi_v<float>);
}

}  // namespace

Array CpuBackend::embed_msa(const Array& letters, const Linear& w, const Array& extra) {
  const int64_t tokens = extra.rows();
  const Ints read(letters);
  Array out = temporary(letters.rows(), w.cols());
  workers_.for_each(letters.rows() / tokens, [&](int64_t s, Scratch scratch) {
    const Mat features = scratch.take(tokens, kMsaClasses + 2),
              rows = matrix(out).rows_at(s * tokens, tokens);
    for (int64_t i = 0; i < tokens; ++i)
      write_msa_features(read(s * tokens + i, 0), read(s * tokens + i, 1), features.row(i));
    kernels::gemm(features, packed(w), rows);
    kernels::add(matrix(extra), rows);
  });
  return out;
}

// --- Templates

namespace {

using Vec3 = std::array<float, 3>;

// Fuses the arithmetic exactly where the reference's compiled program does (see model/template_modules.cc).
float dot(const float* a, const float* b) { return std::fma(a[2], b[2], std::fma(a[0], b[0], a[1] * b[1])); }

Vec3 normalised(const Vec3& a) {
  const float length = std::sqrt(std::max(dot(a.data(), a.data()), 1e-12f));
  return {a[0] / length, a[1] / length, a[2] / length};
}

// Columns of embed_template's frames and tokens.
enum Frame : int64_t { kPseudoBeta = 0, kOrigin = 3, kE0 = 6, kE1 = 9, kE2 = 12, kShift = 15 };
enum TemplateToken : int64_t { kType = 0, kChain = 1, kHasPseudoBeta = 2, kHasBackbone = 3 };

// Adds the features of token pairs (i, 0..N-1) to their rows of the activation.
void add_template_features(const TemplateEmbedding& weights, ConstMat frames, const Ints& tokens, int64_t i,
                           Mat rows) {
  const int64_t n = rows.cols;
  const float* a = frames.row(i);
  const ConstMat dgram = matrix(weights.dgram), aatype_j = matrix(weights.aatype_j),
                 aatype_i = matrix(weights.aatype_i);
  for (int64_t j = 0; j < rows.rows; ++j) {
    const float* b = frames.row(j);
    const bool same_chain = tokens(i, kChain) == tokens(j, kChain);
    float* row = rows.row(j);
    std::fill_n(row, n, 0.0f);
    if (same_chain && tokens(i, kHasPseudoBeta) && tokens(j, kHasPseudoBeta)) {
      const float d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
      const int64_t bin = dgram_bin(dot(d, d));
      if (bin >= 0) add_to(row, dgram.row(bin), n);
      add_to(row, values(weights.pseudo_beta_mask), n);
    }
    add_to(row, aatype_j.row(tokens(j, kType)), n);
    add_to(row, aatype_i.row(tokens(i, kType)), n);
    if (same_chain && tokens(i, kHasBackbone) && tokens(j, kHasBackbone)) {
      const float *x = b + kOrigin, *shift = a + kShift;
      const Vec3 unit =
          normalised({dot(a + kE0, x) + shift[0], dot(a + kE1, x) + shift[1], dot(a + kE2, x) + shift[2]});
      add_scaled(row, values(weights.unit_x), unit[0], n);
      add_scaled(row, values(weights.unit_y), unit[1], n);
      add_scaled(row, values(weights.unit_z), unit[2], n);
      add_to(row, values(weights.backbone_mask), n);
    }
  }
}

}  // namespace

void CpuBackend::embed_template(const TemplateEmbedding& weights, const Array& frames, const Array& tokens,
                                const Array& pair, Array& act) {
  const int64_t n = tokens_of(pair);
  const Ints identities(tokens);
  workers_.for_each(n, [&](int64_t i, Scratch scratch) {
    const Mat rows = scratch.take(n, act.cols());
    add_template_features(weights, matrix(frames), identities, i, rows);
    const Mat x = scratch.take(n, pair.cols()), y = scratch.take(n, act.cols());
    apply(weights.query_embedding_norm, stored(pair).rows_at(i * n, n), x);
    kernels::gemm(x, packed(weights.query), y);
    kernels::add(y, rows);
    kernels::copy(rows, stored(act).rows_at(i * n, n));
  });
}

void CpuBackend::add_templates(const Array& x, int64_t templates, const Linear& w, Array& pair) {
  const float mean = 1.0f / (1e-7f + static_cast<float>(templates));
  workers_.for_blocks(x.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat rows = scratch.take(count, x.cols());
    kernels::copy(stored(x).rows_at(first, count), rows);
    kernels::multiply(mean, rows);
    kernels::relu(rows);
    add_product(rows, packed(w), stored(pair).rows_at(first, count), scratch);
  });
}

}  // namespace pleat::ops
