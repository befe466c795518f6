// Atoms on the CPU: conditioning, pair logits and attention in windows, atoms to tokens and back.
#include <algorithm>
#include <cmath>

#include "kernels/attention.h"
#include "ops/cpu_backend.h"
#include "ops/cpu_tables.h"

namespace pleat::ops {
namespace {

// Columns of per_atom_conditioning's features.
enum AtomFeature : int64_t { kMask = 0, kElement = 1, kName = 2 };

}  // namespace

Array CpuBackend::per_atom_conditioning(const PerAtomConditioning& weights, const Array& ref_pos,
                                        const Array& charge, const Array& features) {
  const ConstMat pos = matrix(weights.ref_pos), element = matrix(weights.ref_element),
                 name = matrix(weights.ref_atom_name);
  const Ints read(features);
  const int64_t c = pos.cols, characters = 4, alphabet = name.rows / characters;
  Array out = temporary(ref_pos.rows(), c);
  workers_.for_blocks(ref_pos.rows(), [&](int64_t first, int64_t count, Scratch) {
    for (int64_t a = first; a < first + count; ++a) {
      float* row = matrix(out).row(a);
      std::fill_n(row, c, 0.0f);
      if (!read(a, kMask)) continue;
      for (int64_t x = 0; x < 3; ++x) add_scaled(row, pos.row(x), matrix(ref_pos).row(a)[x], c);
      add_scaled(row, values(weights.ref_mask), 1.0f, c);
      // A code outside the one-hot range adds nothing.
      const int number = read(a, kElement);
      if (number >= 0 && number < element.rows) add_scaled(row, element.row(number), 1.0f, c);
      add_scaled(row, values(weights.ref_charge), *matrix(charge).row(a), c);
      for (int64_t k = 0; k < characters; ++k) {
        const int code = read(a, kName + k);
        if (code >= 0 && code < alphabet) add_scaled(row, name.row(k * alphabet + code), 1.0f, c);
      }
    }
  });
  return out;
}

void CpuBackend::tokens_to_atoms(const AtomWindows& windows, const Array& x, Array& act) {
  const Ints token(windows.token);
  workers_.for_blocks(act.rows(), [&](int64_t first, int64_t count, Scratch) {
    for (int64_t r = first; r < first + count; ++r) {
      const int64_t sample = r / windows.atoms, row = sample * windows.tokens + token[r % windows.atoms];
      kernels::add(matrix(x).rows_at(row, 1), matrix(act).rows_at(r, 1));
    }
  });
}

Array CpuBackend::atoms_to_tokens(const AtomWindows& windows, const Array& x, const Linear& w) {
  constexpr int64_t kTokens = 8;  // about 60 atoms
  const int64_t tokens = windows.tokens, blocks = (tokens + kTokens - 1) / kTokens;
  const Ints first_atom(windows.token_first_atom);
  Array out = temporary(x.rows() / windows.atoms * tokens, w.cols());
  workers_.for_each(x.rows() / windows.atoms * blocks, [&](int64_t task, Scratch scratch) {
    const int64_t sample = task / blocks, t0 = task % blocks * kTokens, t1 = std::min(tokens, t0 + kTokens);
    const int64_t first = first_atom[t0], count = first_atom[t1] - first;
    const Mat y = scratch.take(count, w.cols());
    kernels::gemm(matrix(x).rows_at(sample * windows.atoms + first, count), packed(w), y);
    kernels::relu(y);
    for (int64_t t = t0; t < t1; ++t) {
      const Mat sum = matrix(out).rows_at(sample * tokens + t, 1);
      std::fill_n(sum.data, sum.cols, 0.0f);
      const int a0 = first_atom[t], a1 = first_atom[t + 1];
      for (int64_t a = a0; a < a1; ++a) kernels::add(y.rows_at(a - first, 1), sum);
      if (a1 > a0) kernels::multiply(1.0f / static_cast<float>(a1 - a0), sum);
    }
  });
  return out;
}

// --- Pair logits

namespace {

// A window's inputs: per-atom projections of the conditioning, and the tokens' pair.
struct AtomPairInputs {
  ConstMat row, col, trunk_pair;  // trunk_pair may have no data
};

// Offsets and closeness within one reference space.
void add_geometry(const AtomPairFeatures& weights, const AtomWindows& windows, int64_t query,
                  int64_t key_slot, float* z) {
  if (Ints(windows.query_uid)[query] != Ints(windows.key_uid)[key_slot]) return;
  const int key = Ints(windows.keys)[key_slot];
  const ConstMat ref_pos = matrix(windows.ref_pos), offsets = matrix(weights.embed_pair_offsets);
  float offset[3], square = 0;
  for (int64_t x = 0; x < 3; ++x) {
    offset[x] = ref_pos.row(query)[x] - (key >= 0 ? ref_pos.row(key)[x] : 0.0f);
    square += offset[x] * offset[x];
  }
  const float closeness = 1.0f / (1.0f + square);
  const float *distances = values(weights.embed_pair_distances),
              *valid = values(weights.embed_pair_offsets_valid);
  for (int64_t c = 0; c < offsets.cols; ++c)
    z[c] += offset[0] * offsets.row(0)[c] + offset[1] * offsets.row(1)[c] + offset[2] * offsets.row(2)[c] +
            closeness * distances[c] + valid[c];
}

// z [queries of the window * 128, C_z].
void write_pair_features(const AtomPairFeatures& weights, const AtomWindows& windows, int64_t window,
                         const AtomPairInputs& inputs, Mat z, Scratch& scratch) {
  const int64_t n = z.cols;
  const Ints keys(windows.keys), token(windows.token);
  for (int64_t r = 0; r < z.rows; ++r) {
    const int64_t query = window * kWindowQueries + r / kWindowKeys;
    const int64_t key_slot = window * kWindowKeys + r % kWindowKeys;
    const int key = keys[key_slot];
    float* row = z.row(r);
    std::copy_n(inputs.row.row(query), n, row);
    if (key >= 0) {
      add_scaled(row, inputs.col.row(key), 1.0f, n);
      if (inputs.trunk_pair.data)
        add_scaled(row, inputs.trunk_pair.row(token[query] * windows.tokens + token[key]), 1.0f, n);
    }
    add_geometry(weights, windows, query, key_slot, row);
  }
  const Mat a = scratch.take(z.rows, n), b = scratch.take(z.rows, n);
  kernels::copy(z, a);
  kernels::relu(a);
  kernels::gemm(a, packed(weights.pair_mlp_1), b);
  kernels::relu(b);
  kernels::gemm(b, packed(weights.pair_mlp_2), a);
  kernels::relu(a);
  kernels::gemm(a, packed(weights.pair_mlp_3), z, true);
}

// The logits of one window in each block of a transformer.
void write_logits(const AtomPairLogits& weights, int64_t window, ConstMat z, std::vector<Array>& blocks,
                  Scratch& scratch) {
  const Mat x = scratch.take(z.rows, z.cols), y = scratch.take(z.rows, weights.pair_logits_projection.cols());
  apply(weights.pair_input_layer_norm, z, x);
  kernels::gemm(x, packed(weights.pair_logits_projection), y);
  constexpr int64_t kPairs = kWindowQueries * kWindowKeys;
  for (size_t b = 0; b < blocks.size(); ++b) {
    float* out = matrix(blocks[b]).row(window * weights.heads * kWindowQueries);
    kernels::transpose(y.cols_at(static_cast<int64_t>(b) * weights.heads, weights.heads),
                       Mat(out, weights.heads, z.rows, kPairs));
  }
}

}  // namespace

std::vector<std::vector<Array>> CpuBackend::atom_pair_logits(
    const AtomPairFeatures& weights, const AtomWindows& windows, const Array& cond, const Array& pair_cond,
    std::span<const AtomPairLogits* const> transformers) {
  std::vector<std::vector<Array>> out;
  for (const AtomPairLogits* t : transformers) {
    std::vector<Array>& blocks = out.emplace_back();
    for (int64_t b = 0; b < t->pair_logits_projection.cols() / t->heads; ++b)
      blocks.push_back(temporary(windows.windows() * t->heads * kWindowQueries, kWindowKeys));
  }
  Scope scope(stack_);
  const int64_t channels = weights.embed_pair_offsets.cols();
  const Mat row = scope.take(cond.rows(), channels), col = scope.take(cond.rows(), channels);
  workers_.for_blocks(cond.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, cond.cols());
    kernels::copy(matrix(cond).rows_at(first, count), x);
    kernels::relu(x);
    kernels::gemm(x, packed(weights.single_to_pair_cond_row), row.rows_at(first, count));
    kernels::gemm(x, packed(weights.single_to_pair_cond_col), col.rows_at(first, count));
  });
  const Array trunk_pair = pair_cond.empty() ? Array()
                                             : norm_linear(pair_cond, weights.lnorm_trunk_pair_cond,
                                                           weights.embed_trunk_pair_cond);
  const AtomPairInputs inputs{row, col, trunk_pair.empty() ? ConstMat() : matrix(trunk_pair)};
  workers_.for_each(windows.windows(), [&](int64_t window, Scratch scratch) {
    const int64_t queries = std::min(kWindowQueries, windows.atoms - window * kWindowQueries);
    const Mat z = scratch.take(queries * kWindowKeys, channels);
    write_pair_features(weights, windows, window, inputs, z, scratch);
    for (size_t t = 0; t < out.size(); ++t) write_logits(*transformers[t], window, z, out[t], scratch);
  });
  return out;
}

// --- Attention in windows

namespace {

// kv of the window's keys, zero for padding.
void gather_keys(const Ints& keys, int64_t window, ConstMat kv, Mat out) {
  for (int64_t k = 0; k < kWindowKeys; ++k) {
    const int atom = keys[window * kWindowKeys + k];
    if (atom >= 0)
      std::copy_n(kv.row(atom), kv.cols, out.row(k));
    else
      std::fill_n(out.row(k), kv.cols, 0.0f);
  }
}

}  // namespace

Array CpuBackend::window_attention(const AtomWindows& windows, int64_t heads, const Array& q_gate,
                                   const Array& kv, const Array& logits, Arithmetic arithmetic) {
  const int64_t width = kv.cols() / 2, dim = width / heads, atoms = windows.atoms;
  const float scale = 1.0f / std::sqrt(static_cast<float>(dim));
  const Ints keys(windows.keys);
  Array out = temporary(q_gate.rows(), width);
  workers_.for_each(q_gate.rows() / atoms * windows.windows(), [&](int64_t task, Scratch scratch) {
    const int64_t sample = task / windows.windows(), window = task % windows.windows();
    const int64_t first = sample * atoms + window * kWindowQueries;
    const int64_t count = std::min(kWindowQueries, atoms - window * kWindowQueries);
    const ConstMat queries = matrix(q_gate).rows_at(first, count);
    const Mat o = matrix(out).rows_at(first, count), keys_values = scratch.take(kWindowKeys, 2 * width);
    gather_keys(keys, window, matrix(kv).rows_at(sample * atoms, atoms), keys_values);
    float* numerators = scratch.take(count, kWindowKeys).data;
    for (int64_t h = 0; h < heads; ++h) {
      const Mat k = keys_values.cols_at(h * dim, dim), v = keys_values.cols_at(width + h * dim, dim);
      const PackedView keys_t = scratch.take_packed(k.data, dim, kWindowKeys, 1, k.stride, arithmetic);
      const PackedView packed_values = scratch.take_packed(v.data, kWindowKeys, dim, v.stride, 1, arithmetic);
      const float* bias = matrix(logits).row((window * heads + h) * kWindowQueries);
      kernels::attention(queries.cols_at(h * dim, dim), keys_t, packed_values, scale,
                         ConstMat(bias, count, kWindowKeys), o.cols_at(h * dim, dim), numerators);
    }
  });
  return out;
}

}  // namespace pleat::ops
