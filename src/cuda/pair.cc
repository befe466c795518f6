// Embeddings of features into the pair and the MSA, on the GPU.
#include "cuda/backend.h"
#include "cuda/views.h"

namespace pleat::cuda {

namespace {

// Adds the product LN(pair) W of some rows to `rows`, and writes the sum to `out`'s rows from `first`.
ProductArguments projected_rows(const Array& pair, int64_t first, int64_t count, const LayerNorm& norm,
                                const Linear& w, const Array& rows, const Array& out) {
  ProductArguments p = product_of(pair, first, count, w);
  apply(norm, p.left[0]);
  p.after.plus = {floats(rows), 0xffffffffu, rows.cols()};
  put(out, p, first);
  return p;
}

}  // namespace

void CudaBackend::embed_pair(const PairEmbedding& weights, const Array& tokens, const Array& left_right,
                             const Array& bonds, Array& pair) {
  require(pair.cols(), kProductCols, "pair has");
  const int64_t n = tokens_of(pair.rows()),
                piece = piece_of(pair.rows(), pair.cols() * bytes_of(Type::float32));
  const Array bonded = temporary((n * n + 3) / 4, 1, Type::int32), rows = temporary(piece, pair.cols());
  auto* flags = reinterpret_cast<uint8_t*>(bytes_at(bonded));
  device_->zero(bytes_at(bonded), bonded.size() * bytes_of(Type::int32));
  if (bonds.rows() > 0) {
    const BondsArguments b{ints(bonds), bonds.rows(), n, flags};
    launch(set_bonds_kernel(), thread_grid(b.count), b);
  }
  for_pieces(pair.rows(), piece, [&](int64_t first, int64_t count) {
    const PairRowsArguments r{count,
                              first,
                              n,
                              pair.cols(),
                              ints(tokens),
                              floats(left_right),
                              floats(weights.position_activations),
                              floats(weights.bond_embedding),
                              flags,
                              floats(rows)};
    launch(pair_rows_kernel(), warp_grid(count), r);
    multiply(projected_rows(pair, first, count, weights.prev_embedding_layer_norm, weights.prev_embedding,
                            rows, pair),
             weights.prev_embedding.arithmetic());
  });
}

Array CudaBackend::embed_msa(const Array& letters, const Linear& w, const Array& extra) {
  Array out = temporary(letters.rows(), w.cols());
  ProductArguments p;
  p.rows = letters.rows();
  p.cols = w.cols();
  p.depth = w.rows();
  p.left[0].elements = Elements::msa_features;
  p.left[0].features = ints(letters);
  p.right[0] = right(w);
  p.after.plus = repeated(extra);
  put(out, p);
  multiply(p, w.arithmetic());
  return out;
}

void CudaBackend::embed_template(const TemplateEmbedding& weights, const Array& frames, const Array& tokens,
                                 const Array& pair, Array& act) {
  const int64_t n = tokens_of(pair.rows()),
                piece = piece_of(act.rows(), act.cols() * bytes_of(Type::float32));
  const Array rows = temporary(piece, act.cols());
  for_pieces(act.rows(), piece, [&](int64_t first, int64_t count) {
    const TemplateRowsArguments r{count,
                                  first,
                                  n,
                                  act.cols(),
                                  floats(frames),
                                  ints(tokens),
                                  floats(weights.dgram),
                                  floats(weights.pseudo_beta_mask),
                                  floats(weights.aatype_j),
                                  floats(weights.aatype_i),
                                  floats(weights.unit_x),
                                  floats(weights.unit_y),
                                  floats(weights.unit_z),
                                  floats(weights.backbone_mask),
                                  floats(rows)};
    launch(template_rows_kernel(), warp_grid(count), r);
    multiply(projected_rows(pair, first, count, weights.query_embedding_norm, weights.query, rows, act),
             weights.query.arithmetic());
  });
}

void CudaBackend::add_templates(const Array& x, int64_t templates, const Linear& w, Array& pair) {
  ProductArguments p = product_of(x, w);
  p.left[0].before = Before::relu;
  p.left[0].factor = 1.0f / (1e-7f + static_cast<float>(templates));
  put(pair, p);
  p.after.accumulate = true;
  multiply(p, w.arithmetic());
}

void CudaBackend::relative_norm_linear(const Array& pair, const Array& tokens, const LayerNorm& norm,
                                       const Linear& w, Array& out) {
  ProductArguments p = product_of(pair, w);
  p.left[0].elements = Elements::matrix_and_relative_encoding;
  p.left[0].features = ints(tokens);
  p.left[0].tokens = tokens_of(pair.rows());
  p.left[0].encoding_first = pair.cols();
  apply(norm, p.left[0]);
  put(out, p);
  multiply(p, w.arithmetic());
}

void CudaBackend::add_distances(const Array& left_right, const Array& positions, const Array& table,
                                Array& pair) {
  const DistancesArguments p{tokens_of(pair.rows()), pair.cols(),    floats(left_right), floats(positions),
                             floats(table),          bytes_at(pair), stored(pair.type())};
  launch(add_distances_kernel(), warp_grid(pair.rows()), p);
}

}  // namespace pleat::cuda
