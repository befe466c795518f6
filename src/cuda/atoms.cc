// Atoms on the GPU: conditioning, pair logits and attention in windows, atoms to tokens and back.
#include <algorithm>

#include "cuda/backend.h"
#include "cuda/views.h"

namespace pleat::cuda {

namespace {

constexpr int64_t kWindowPairs = ops::kWindowQueries * ops::kWindowKeys;

}  // namespace

Array CudaBackend::per_atom_conditioning(const PerAtomConditioning& weights, const Array& ref_pos,
                                         const Array& charge, const Array& features) {
  constexpr int64_t kCharacters = 4;
  Array out = temporary(ref_pos.rows(), weights.ref_pos.cols());
  const AtomRowsArguments p{ref_pos.rows(),
                            out.cols(),
                            weights.ref_element.rows(),
                            weights.ref_atom_name.rows() / kCharacters,
                            floats(ref_pos),
                            floats(charge),
                            ints(features),
                            floats(weights.ref_pos),
                            floats(weights.ref_mask),
                            floats(weights.ref_element),
                            floats(weights.ref_charge),
                            floats(weights.ref_atom_name),
                            floats(out)};
  launch(atom_rows_kernel(), warp_grid(p.atoms), p);
  return out;
}

void CudaBackend::tokens_to_atoms(const AtomWindows& windows, const Array& x, Array& act) {
  const TokensToAtomsArguments p{act.rows(),          act.cols(), windows.atoms, windows.tokens,
                                 ints(windows.token), floats(x),  floats(act)};
  launch(tokens_to_atoms_kernel(), warp_grid(p.rows), p);
}

// Handles one sample at a time.
Array CudaBackend::atoms_to_tokens(const AtomWindows& windows, const Array& x, const Linear& w) {
  const int64_t samples = x.rows() / windows.atoms;
  Array out = temporary(samples * windows.tokens, w.cols());
  const Array y = temporary(windows.atoms, w.cols());
  for (int64_t s = 0; s < samples; ++s) {
    ProductArguments p = product_of(x, s * windows.atoms, windows.atoms, w);
    p.after.relu = true;
    put(y, p);
    multiply(p, w.arithmetic());
    const TokenMeansArguments m{windows.tokens, w.cols(), ints(windows.token_first_atom), floats(y),
                                floats(out, s * windows.tokens * w.cols())};
    launch(token_means_kernel(), warp_grid(m.tokens), m);
  }
  return out;
}

// --- Pair logits

namespace {

// relu(x) W.
ProductArguments after_relu(const Array& x, int64_t rows, const Linear& w, const Array& out) {
  ProductArguments p = product_of(x, 0, rows, w);
  p.left[0].before = Before::relu;
  put(out, p);
  return p;
}

// The logits of a transformer's blocks, for windows from `first`: block b of LN(z) W.
ProductArguments logits_of_block(const AtomPairLogits& weights, const Array& z, int64_t windows,
                                 int64_t first, int64_t block, const Array& out) {
  const Linear& w = weights.pair_logits_projection;
  ProductArguments p = product_of(z, 0, windows * kWindowPairs, w);
  apply(weights.pair_input_layer_norm, p.left[0]);
  p.cols = weights.heads;
  p.right[0] = right(w, block * weights.heads);
  p.after.out = floats(out, first * weights.heads * kWindowPairs);
  p.after.rows = every(kWindowPairs, weights.heads * kWindowPairs, 1);
  p.after.cols = every(kWindowPairs);
  return p;
}

}  // namespace

std::vector<std::vector<Array>> CudaBackend::atom_pair_logits(
    const AtomPairFeatures& weights, const AtomWindows& windows, const Array& cond, const Array& pair_cond,
    std::span<const AtomPairLogits* const> transformers) {
  std::vector<std::vector<Array>> out;
  for (const AtomPairLogits* t : transformers) {
    std::vector<Array>& blocks = out.emplace_back();
    for (int64_t b = 0; b < t->pair_logits_projection.cols() / t->heads; ++b)
      blocks.push_back(temporary(windows.windows() * t->heads * ops::kWindowQueries, ops::kWindowKeys));
  }
  const int64_t channels = weights.embed_pair_offsets.cols();
  const Array row = temporary(cond.rows(), channels), col = temporary(cond.rows(), channels);
  for (const auto& [w, to] :
       {std::pair{&weights.single_to_pair_cond_row, &row}, std::pair{&weights.single_to_pair_cond_col, &col}})
    multiply(after_relu(cond, cond.rows(), *w, *to), w->arithmetic());
  const Array trunk_pair = pair_cond.empty() ? Array()
                                             : norm_linear(pair_cond, weights.lnorm_trunk_pair_cond,
                                                           weights.embed_trunk_pair_cond);
  const int64_t most = piece_of(windows.windows(), 3 * kWindowPairs * channels * bytes_of(Type::float32));
  const Array z = temporary(most * kWindowPairs, channels), a = temporary(most * kWindowPairs, channels),
              b = temporary(most * kWindowPairs, channels);
  for_pieces(windows.windows(), most, [&](int64_t first, int64_t count) {
    const PairFeaturesArguments f{count,
                                  first,
                                  windows.atoms,
                                  windows.tokens,
                                  channels,
                                  ints(windows.token),
                                  ints(windows.keys),
                                  ints(windows.query_uid),
                                  ints(windows.key_uid),
                                  floats(windows.ref_pos),
                                  floats(row),
                                  floats(col),
                                  values(trunk_pair),
                                  floats(weights.embed_pair_offsets),
                                  floats(weights.embed_pair_distances),
                                  floats(weights.embed_pair_offsets_valid),
                                  floats(z)};
    const int64_t pairs = count * kWindowPairs;
    launch(pair_features_kernel(), thread_grid(pairs * channels), f);
    multiply(after_relu(z, pairs, weights.pair_mlp_1, a), weights.pair_mlp_1.arithmetic());
    multiply(after_relu(a, pairs, weights.pair_mlp_2, b), weights.pair_mlp_2.arithmetic());
    ProductArguments last = after_relu(b, pairs, weights.pair_mlp_3, z);
    last.after.accumulate = true;
    multiply(last, weights.pair_mlp_3.arithmetic());
    for (size_t t = 0; t < out.size(); ++t)
      for (size_t k = 0; k < out[t].size(); ++k)
        multiply(logits_of_block(*transformers[t], z, count, first, static_cast<int64_t>(k), out[t][k]),
                 transformers[t]->pair_logits_projection.arithmetic());
  });
  return out;
}

int64_t CudaBackend::window_scratch_bytes(int64_t pair_channels, int64_t) const {
  return std::max(pieces_.bytes, 3 * kWindowPairs * pair_channels * bytes_of(Type::float32));
}

// --- Attention in windows

Array CudaBackend::window_attention(const AtomWindows& windows, int64_t heads, const Array& q_gate,
                                    const Array& kv, const Array& logits, Arithmetic arithmetic) {
  const int64_t width = kv.cols() / 2, samples = q_gate.rows() / windows.atoms;
  Array out = temporary(q_gate.rows(), width);
  AttentionArguments a;
  a.q = floats(q_gate);
  a.k = floats(kv);
  a.v = floats(kv, width);
  a.q_token = q_gate.cols();
  a.q_group = windows.atoms * q_gate.cols();
  a.kv_token = kv.cols();
  a.kv_group = windows.atoms * kv.cols();
  a.queries = ops::kWindowQueries;
  a.keys = ops::kWindowKeys;
  a.head_width = width / heads;
  a.windows = windows.windows();
  a.atoms = windows.atoms;
  a.key_atoms = ints(windows.keys);
  a.bias = floats(logits);
  a.bias_window = heads * kWindowPairs;
  a.bias_head = kWindowPairs;
  a.bias_query = ops::kWindowKeys;
  a.out = floats(out);
  a.out_token = width;
  a.out_group = windows.atoms * width;
  attend(a, samples * windows.windows(), heads, arithmetic);
  return out;
}

}  // namespace pleat::cuda
