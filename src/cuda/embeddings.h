// Embeddings of features: sums of table rows for pairs and atoms, and features as operands of products.
#pragma once

#include "cuda/tiles.h"
#include "ops/relative_encoding.h"

namespace pleat::cuda {

constexpr int kMsaLetters = 32;  // one-hot classes, then two numbers of deletions

// Adds columns c = lane, lane + 32, ... of a warp's row.
template <class F>
PLEAT_GPU void for_columns(int64_t channels, F&& f) {
  for (int64_t c = lane_index(); c < channels; c += kWarp) f(c);
}

// f(row) for the warp's rows.
template <class F>
PLEAT_GPU void for_warp_rows(int64_t rows, F&& f) {
  constexpr int kWarps = 8;
  const int64_t row = block_x() * kWarps + warp_index();
  if (row < rows) f(row);
}
// f(index) for the thread's index.
template <class F>
PLEAT_GPU void for_thread(int64_t count, F&& f) {
  constexpr int kThreads = 256;
  const int64_t index = block_x() * kThreads + thread_index();
  if (index < count) f(index);
}

// --- Features of products

PLEAT_GPU ops::RelativeEncoding encoding_of(const int32_t* identities, int64_t i, int64_t j) {
  const auto identity = [&](int64_t token) {
    const int32_t* t = identities + ops::kTokenIdentityColumns * token;
    return ops::TokenIdentity{t[0], t[1], t[2], t[3], t[4]};
  };
  return ops::relative_encoding(identity(i), identity(j));
}

// The positions of the ones in the relative encoding of a pair; -1 for none.
PLEAT_GPU void encode_pair(const int32_t* identities, int64_t tokens, int64_t pair, int (&ones)[4]) {
  const ops::RelativeEncoding r = encoding_of(identities, pair / tokens, pair % tokens);
  ones[0] = r.residue;
  ones[1] = r.token;
  ones[2] = r.chain;
  ones[3] = r.entity ? static_cast<int>(ops::kSameEntityFeature) : -1;
}

// letter: class, deletions before it. An unknown class sets no one.
PLEAT_GPU void encode_letter(const int32_t* letter, int (&ones)[4], float (&values)[2]) {
  constexpr float kTwoByPi = 0.636619772f;
  ones[0] = letter[0];
  ones[1] = ones[2] = ones[3] = -1;
  const auto deletions = static_cast<float>(letter[1]);
  values[0] = fminf(fmaxf(deletions, 0.0f), 1.0f);
  values[1] = atanf(deletions / 3.0f) * kTwoByPi;
}

// --- Distances

// ops/distances.h: the bin of a squared distance, or -1.
PLEAT_GPU int distance_bin(float square) {
  constexpr int kBins = 39;
  const auto edge = [](int bin) {
    const float e = 3.25f + 1.25f * static_cast<float>(bin);
    return bin < kBins ? e * e : 1e8f;
  };
  int bin = 0;
  while (bin + 1 < kBins && square >= edge(bin + 1)) ++bin;
  return square > edge(bin) && square < edge(bin + 1) ? bin : -1;
}

PLEAT_GPU float fused_dot(const float* a, const float* b) {
  return fmaf(a[2], b[2], fmaf(a[0], b[0], a[1] * b[1]));
}

// --- Kernels: one warp per row

PLEAT_GPU void set_bonds(const BondsArguments& p) {
  for_thread(p.count, [&](int64_t b) { p.bonded[p.bonds[2 * b] * p.tokens + p.bonds[2 * b + 1]] = 1; });
}

PLEAT_GPU void pair_rows(const PairRowsArguments& p) {
  for_warp_rows(p.rows, [&](int64_t row) {
    const int64_t pair = p.first_row + row, i = pair / p.tokens, j = pair % p.tokens, n = p.channels;
    const ops::RelativeEncoding r = encoding_of(p.identities, i, j);
    const bool bonded = p.bonded[pair] != 0;
    for_columns(n, [&](int64_t c) {
      float x = p.left_right[i * 2 * n + c] + p.left_right[j * 2 * n + n + c];
      float encoding = p.table[r.residue * n + c] + p.table[r.token * n + c];
      if (r.entity) encoding += p.table[ops::kSameEntityFeature * n + c];
      x += encoding + p.table[r.chain * n + c];
      p.out[row * n + c] = bonded ? x + p.bond[c] : x;
    });
  });
}

PLEAT_GPU void template_rows(const TemplateRowsArguments& p) {
  enum Frame { kPseudoBeta = 0, kOrigin = 3, kE0 = 6, kE1 = 9, kE2 = 12, kShift = 15, kFrame = 18 };
  enum Token { kType = 0, kChain = 1, kHasPseudoBeta = 2, kHasBackbone = 3, kToken = 4 };
  for_warp_rows(p.rows, [&](int64_t row) {
    const int64_t pair = p.first_row + row, i = pair / p.tokens, j = pair % p.tokens, n = p.channels;
    const float *a = p.frames + kFrame * i, *b = p.frames + kFrame * j;
    const int32_t *ti = p.features + kToken * i, *tj = p.features + kToken * j;
    const bool same = ti[kChain] == tj[kChain];
    const bool betas = same && ti[kHasPseudoBeta] && tj[kHasPseudoBeta];
    const bool backbones = same && ti[kHasBackbone] && tj[kHasBackbone];
    const float d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    const int bin = betas ? distance_bin(fused_dot(d, d)) : -1;
    const float* x = b + kOrigin;
    const float v[3] = {fused_dot(a + kE0, x) + a[kShift], fused_dot(a + kE1, x) + a[kShift + 1],
                        fused_dot(a + kE2, x) + a[kShift + 2]};
    const float length = sqrtf(fmaxf(fused_dot(v, v), 1e-12f));
    for_columns(n, [&](int64_t c) {
      float y = 0;
      if (bin >= 0) y += p.dgram[bin * n + c];
      if (betas) y += p.pseudo_beta_mask[c];
      y += p.aatype_j[tj[kType] * n + c];
      y += p.aatype_i[ti[kType] * n + c];
      if (backbones) {
        y += v[0] / length * p.unit_x[c];
        y += v[1] / length * p.unit_y[c];
        y += v[2] / length * p.unit_z[c];
        y += p.backbone_mask[c];
      }
      p.out[row * n + c] = y;
    });
  });
}

PLEAT_GPU void add_distances(const DistancesArguments& p) {
  for_warp_rows(p.tokens * p.tokens, [&](int64_t pair) {
    const int64_t i = pair / p.tokens, j = pair % p.tokens, n = p.channels;
    const float *a = p.positions + 3 * i, *b = p.positions + 3 * j;
    const float x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
    const int bin = distance_bin(x * x + y * y + z * z);
    for_columns(n, [&](int64_t c) {
      float sum = load(p.pair, p.stored, pair * n + c);
      sum += p.left_right[j * 2 * n + c] + p.left_right[i * 2 * n + n + c];
      if (bin >= 0) sum += p.table[bin * n + c];
      if (p.stored == Stored::float32)
        static_cast<float*>(p.pair)[pair * n + c] = sum;
      else
        static_cast<uint16_t*>(p.pair)[pair * n + c] = round_bf16(sum);
    });
  });
}

PLEAT_GPU void atom_rows(const AtomRowsArguments& p) {
  enum Feature { kMask = 0, kElement = 1, kName = 2, kFeatures = 6, kCharacters = 4 };
  for_warp_rows(p.atoms, [&](int64_t atom) {
    const int32_t* features = p.features + kFeatures * atom;
    const float* at = p.ref_pos + 3 * atom;
    const int64_t n = p.channels;
    for_columns(n, [&](int64_t c) {
      float x = 0;
      if (features[kMask]) {
        for (int axis = 0; axis < 3; ++axis) x += at[axis] * p.pos[axis * n + c];
        x += p.mask[c];
        const int element = features[kElement];
        if (element >= 0 && element < p.elements) x += p.element[element * n + c];
        x += p.charge[atom] * p.charge_row[c];
        for (int k = 0; k < kCharacters; ++k) {
          const int code = features[kName + k];
          if (code >= 0 && code < p.alphabet) x += p.name[(k * p.alphabet + code) * n + c];
        }
      }
      p.out[atom * n + c] = x;
    });
  });
}

PLEAT_GPU void tokens_to_atoms(const TokensToAtomsArguments& p) {
  for_warp_rows(p.rows, [&](int64_t row) {
    const int64_t from = row / p.atoms * p.tokens + p.token[row % p.atoms];
    for_columns(p.channels, [&](int64_t c) { p.act[row * p.channels + c] += p.x[from * p.channels + c]; });
  });
}

PLEAT_GPU void token_means(const TokenMeansArguments& p) {
  for_warp_rows(p.tokens, [&](int64_t token) {
    const int first = p.first_atom[token], end = p.first_atom[token + 1];
    for_columns(p.channels, [&](int64_t c) {
      float sum = 0;
      for (int a = first; a < end; ++a) sum += p.x[a * p.channels + c];
      p.out[token * p.channels + c] = end > first ? sum * (1.0f / static_cast<float>(end - first)) : 0.0f;
    });
  });
}

// One element per thread.
PLEAT_GPU void pair_features(const PairFeaturesArguments& p) {
  constexpr int64_t kQueries = 32, kKeys = 128;
  for_thread(p.windows * kQueries * kKeys * p.channels, [&](int64_t index) {
    const int64_t c = index % p.channels, pair = index / p.channels, n = p.channels;
    const int64_t slot = (p.first_window + pair / (kQueries * kKeys)) * kKeys + pair % kKeys;
    const int64_t query = p.first_window * kQueries + pair / kKeys;
    if (query >= p.atoms) {
      p.z[index] = 0;
      return;
    }
    const int key = p.keys[slot];
    float x = p.row[query * n + c];
    if (key >= 0) {
      x += p.col[key * n + c];
      if (p.trunk_pair) x += p.trunk_pair[(p.token[query] * p.tokens + p.token[key]) * n + c];
    }
    if (p.query_uid[query] == p.key_uid[slot]) {
      float offset[3], square = 0;
      for (int axis = 0; axis < 3; ++axis) {
        offset[axis] = p.ref_pos[3 * query + axis] - (key >= 0 ? p.ref_pos[3 * key + axis] : 0.0f);
        square += offset[axis] * offset[axis];
      }
      const float closeness = 1.0f / (1.0f + square);
      x += offset[0] * p.offsets[c] + offset[1] * p.offsets[n + c] + offset[2] * p.offsets[2 * n + c] +
           closeness * p.distances[c] + p.valid[c];
    }
    p.z[index] = x;
  });
}

}  // namespace pleat::cuda
