#include "model/template_modules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "model/distances.h"
#include "model/featurization.h"
#include "model/rows.h"

namespace pleat {
namespace {

using Vec3 = std::array<float, 3>;

// The frames' arithmetic is fused exactly where the reference's compiled program fuses it. It shows where a
// token meets itself: its position in its own frame is not 0 but a rounding error, which is then normalised
// to a unit vector.

Vec3 minus(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Vec3 divided(const Vec3& a, float s) { return {a[0] / s, a[1] / s, a[2] / s}; }
float dot(const Vec3& a, const Vec3& b) { return std::fma(a[2], b[2], std::fma(a[0], b[0], a[1] * b[1])); }
// The same sum with its first two products in the other order.
float dot_reordered(const Vec3& a, const Vec3& b) {
  return std::fma(a[2], b[2], std::fma(a[1], b[1], a[0] * b[0]));
}
// The part of a that is perpendicular to the unit vector e: a - (a . e) e. The y component has a dot product
// of its own.
Vec3 perpendicular(const Vec3& a, const Vec3& e) {
  const float along = dot(a, e), along_y = dot_reordered(a, e);
  return {std::fma(-along, e[0], a[0]), std::fma(-along_y, e[1], a[1]), std::fma(-along, e[2], a[2])};
}
Vec3 cross(const Vec3& a, const Vec3& b) {
  const auto component = [&](size_t i, size_t j) { return std::fma(a[i], b[j], -(a[j] * b[i])); };
  return {component(1, 2), component(2, 0), component(0, 1)};
}
Vec3 normalised(const Vec3& a) { return divided(a, std::sqrt(std::max(dot(a, a), 1e-12f))); }

bool same_template(const featurise::Batch& batch, int64_t s, int64_t t) {
  const auto equal = [&](const auto& tensor) {
    const int64_t n = tensor.size() / featurise::kTemplates;
    return std::memcmp(&tensor(s), &tensor(t), static_cast<size_t>(n) * sizeof(tensor[0])) == 0;
  };
  return equal(batch.template_aatype) && equal(batch.template_atom_mask) &&
         equal(batch.template_atom_positions);
}

}  // namespace

// What the pair features of one template need of each token: pseudo-beta and backbone frame (algorithm 21) in
// the dense slots of its residue type.
struct TemplateEmbedding::Geometry {
  struct Token {
    Vec3 pseudo_beta{}, origin{};
    Vec3 e0{}, e1{}, e2{}, shift{};  // position x is (e0 . x, e1 . x, e2 . x) + shift in this token's frame
    bool has_pseudo_beta = false, has_backbone = false;
  };
  std::vector<Token> tokens;

  Geometry(const featurise::Batch& batch, int64_t t) {
    constexpr int kGlycine = 7, kAminoAcids = 20;
    for (int64_t i = 0; i < batch.tokens; ++i) {
      const auto position = [&](int slot) {
        Vec3 p{};
        if (batch.template_atom_mask(t, i, slot))
          std::copy_n(&batch.template_atom_positions(t, i, slot), 3, p.begin());
        return p;
      };
      const auto has = [&](int slot) { return batch.template_atom_mask(t, i, slot) != 0; };
      const int type = batch.template_aatype(t, i);
      // Amino acids have N, CA, C in slots 0-2 and CB in slot 4; unknown residues and gaps have slot 0 only.
      const bool known = type >= 0 && type < kAminoAcids;
      const int beta = !known ? 0 : type == kGlycine ? 1 : 4, ca = known ? 1 : 0, c = known ? 2 : 0;
      Token token;
      token.pseudo_beta = position(beta);
      token.has_pseudo_beta = has(beta);
      token.has_backbone = has(0) && has(ca) && has(c);
      token.origin = position(ca);
      token.e0 = normalised(minus(position(c), token.origin));
      const Vec3 v = minus(position(0), token.origin);
      token.e1 = normalised(perpendicular(v, token.e0));
      token.e2 = cross(token.e0, token.e1);
      token.shift = {-dot_reordered(token.e0, token.origin), -dot_reordered(token.e1, token.origin),
                     -dot_reordered(token.e2, token.origin)};
      tokens.push_back(token);
    }
  }
};

TemplateEmbedding::TemplateEmbedding(const ParameterReader& evoformer)
    : output_linear_(evoformer.in("template_embedding").linear("output_linear")) {
  const ParameterReader single = evoformer.in("template_embedding").in("single_template_embedding");
  const auto feature = [&](int k) {
    return single.values("template_pair_embedding_" + std::to_string(k) + ":weights");
  };
  dgram_ = feature(0);
  pseudo_beta_mask_ = feature(1);
  aatype_j_ = feature(2);
  aatype_i_ = feature(3);
  unit_x_ = feature(4);
  unit_y_ = feature(5);
  unit_z_ = feature(6);
  backbone_mask_ = feature(7);
  query_ = single.linear("template_pair_embedding_8");
  query_embedding_norm_ = single.layer_norm("query_embedding_norm");
  output_layer_norm_ = single.layer_norm("output_layer_norm");
  blocks_ =
      layer_stack<PairLayers>(single.in("__layer_stack_no_per_layer").in("template_embedding_iteration"),
                              "pair_attention1/act_norm:scale");
}

// The features of tokens (i, 0..N-1), which are rows of the activation.
void TemplateEmbedding::add_pair_features(const featurise::Batch& batch, int64_t t, const Geometry& geometry,
                                          int64_t i, Mat rows) const {
  const Geometry::Token& a = geometry.tokens[static_cast<size_t>(i)];
  const int64_t n = rows.cols;
  for (int64_t j = 0; j < rows.rows; ++j) {
    const Geometry::Token& b = geometry.tokens[static_cast<size_t>(j)];
    const bool same_chain = batch.asym_id[i] == batch.asym_id[j];
    float* row = rows.row(j);
    std::fill_n(row, n, 0.0f);
    if (same_chain && a.has_pseudo_beta && b.has_pseudo_beta) {
      const Vec3 d = minus(a.pseudo_beta, b.pseudo_beta);
      const int bin = dgram_bin(dot(d, d));
      if (bin >= 0) add_to(row, &dgram_(bin), n);
      add_to(row, pseudo_beta_mask_.data(), n);
    }
    add_to(row, &aatype_j_(batch.template_aatype(t, j)), n);
    add_to(row, &aatype_i_(batch.template_aatype(t, i)), n);
    if (same_chain && a.has_backbone && b.has_backbone) {
      const Vec3& x = b.origin;
      const Vec3 unit =
          normalised({dot(a.e0, x) + a.shift[0], dot(a.e1, x) + a.shift[1], dot(a.e2, x) + a.shift[2]});
      add_scaled(row, unit_x_.data(), unit[0], n);
      add_scaled(row, unit_y_.data(), unit[1], n);
      add_scaled(row, unit_z_.data(), unit[2], n);
      add_to(row, backbone_mask_.data(), n);
    }
  }
}

// act [N * N, C_t]: the embedding of template t.
void TemplateEmbedding::embed(const Context& context, const featurise::Batch& batch, int64_t t,
                              ConstStoredMat pair, StoredMat act) const {
  const Geometry geometry(batch, t);
  const int64_t tokens = batch.tokens;
  context.for_each(tokens, [&](int64_t i, Scratch scratch) {
    const Mat rows = scratch.take(tokens, act.cols);
    add_pair_features(batch, t, geometry, i, rows);
    const Mat x = scratch.take(tokens, pair.cols), y = scratch.take(tokens, act.cols);
    query_embedding_norm_(pair.rows_at(i * tokens, tokens), Variance::fast, x);
    gemm(x, query_, y);
    add(y, rows);
    copy(rows, act.rows_at(i * tokens, tokens));
  });
  for (const PairLayers& block : blocks_) block(context, tokens, act);
  context.for_row_blocks(act.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, act.cols);
    output_layer_norm_(act.rows_at(first, count), Variance::fast, x);
    copy(x, act.rows_at(first, count));
  });
}

void TemplateEmbedding::operator()(const Context& context, const featurise::Batch& batch,
                                   StoredMat pair) const {
  Context::Scope scope(context);
  const StoredMat sum = scope.take_stored(pair.rows, query_.cols(), pair.storage),
                  act = scope.take_stored(pair.rows, query_.cols(), pair.storage);
  for (int64_t t = 0; t < featurise::kTemplates; ++t) {
    // `act` still holds the embedding of template t - 1.
    if (t == 0 || !same_template(batch, t - 1, t)) embed(context, batch, t, pair, act);
    context.for_row_blocks(sum.rows, [&](int64_t first, int64_t count, Scratch scratch) {
      const Mat x = scratch.take(count, act.cols);
      copy(act.rows_at(first, count), x);
      if (t == 0)
        copy(x, sum.rows_at(first, count));
      else
        add(x, sum.rows_at(first, count));
    });
  }
  context.for_row_blocks(sum.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, sum.cols);
    copy(sum.rows_at(first, count), x);
    multiply(1.0f / (1e-7f + featurise::kTemplates), x);
    relu(x);
    add_gemm(x, output_linear_, pair.rows_at(first, count), scratch);
  });
}

}  // namespace pleat
