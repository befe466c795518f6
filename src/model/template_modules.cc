#include "model/template_modules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace pleat::model {

using featurise::Batch;
using featurise::kTemplates;
using ops::Array;
using ops::Variance;

namespace {

using Vec3 = std::array<float, 3>;

// Fuses the frames' arithmetic exactly where the reference's compiled program does. It matters for a token in
// its own frame: its position is not 0 but a rounding error, which is then normalised to a unit vector.

Vec3 minus(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Vec3 divided(const Vec3& a, float s) { return {a[0] / s, a[1] / s, a[2] / s}; }
float dot(const Vec3& a, const Vec3& b) { return std::fma(a[2], b[2], std::fma(a[0], b[0], a[1] * b[1])); }
// The same sum with its first two products in the other order.
float dot_reordered(const Vec3& a, const Vec3& b) {
  return std::fma(a[2], b[2], std::fma(a[1], b[1], a[0] * b[0]));
}
// The part of a that is perpendicular to the unit vector e: a - (a . e) e. The y component uses
// dot_reordered.
Vec3 perpendicular(const Vec3& a, const Vec3& e) {
  const float along = dot(a, e), along_y = dot_reordered(a, e);
  return {std::fma(-along, e[0], a[0]), std::fma(-along_y, e[1], a[1]), std::fma(-along, e[2], a[2])};
}
Vec3 cross(const Vec3& a, const Vec3& b) {
  const auto component = [&](size_t i, size_t j) { return std::fma(a[i], b[j], -(a[j] * b[i])); };
  return {component(1, 2), component(2, 0), component(0, 1)};
}
Vec3 normalised(const Vec3& a) { return divided(a, std::sqrt(std::max(dot(a, a), 1e-12f))); }

bool same_template(const Batch& batch, int64_t s, int64_t t) {
  const auto equal = [&](const auto& tensor) {
    const int64_t n = tensor.size() / kTemplates;
    return std::memcmp(&tensor(s), &tensor(t), static_cast<size_t>(n) * sizeof(tensor[0])) == 0;
  };
  return equal(batch.template_aatype) && equal(batch.template_atom_mask) &&
         equal(batch.template_atom_positions);
}

// The inputs of template t's pair features (ops::Backend::embed_template): each token's pseudo-beta and
// backbone frame (algorithm 21), from the dense slots of its residue type.
struct Geometry {
  Tensor<float> frames;    // [N, 18]
  Tensor<int32_t> tokens;  // [N, 4]
};

Geometry geometry_of(const Batch& batch, int64_t t) {
  constexpr int kGlycine = 7, kAminoAcids = 20;
  Geometry out{Tensor<float>({batch.tokens, 18}), Tensor<int32_t>({batch.tokens, 4})};
  for (int64_t i = 0; i < batch.tokens; ++i) {
    const auto position = [&](int slot) {
      Vec3 p{};
      if (batch.template_atom_mask(t, i, slot))
        std::copy_n(&batch.template_atom_positions(t, i, slot), 3, p.begin());
      return p;
    };
    const auto has = [&](int slot) { return batch.template_atom_mask(t, i, slot) != 0; };
    const int type = batch.template_aatype(t, i);
    // Amino acids have N, CA, C in slots 0-2 and CB in slot 4; unknown residues and gaps have only slot 0.
    const bool known = type >= 0 && type < kAminoAcids;
    const int beta = !known ? 0 : type == kGlycine ? 1 : 4, ca = known ? 1 : 0, c = known ? 2 : 0;
    const Vec3 origin = position(ca), e0 = normalised(minus(position(c), origin));
    const Vec3 e1 = normalised(perpendicular(minus(position(0), origin), e0)), e2 = cross(e0, e1);
    const Vec3 shift = {-dot_reordered(e0, origin), -dot_reordered(e1, origin), -dot_reordered(e2, origin)};
    int64_t column = 0;
    for (const Vec3& v : {position(beta), origin, e0, e1, e2, shift})
      for (const float x : v) out.frames(i, column++) = x;
    out.tokens(i, 0) = type;
    out.tokens(i, 1) = batch.asym_id[i];
    out.tokens(i, 2) = has(beta);
    out.tokens(i, 3) = has(0) && has(ca) && has(c);
  }
  return out;
}

// The weights of the features, which the reference numbers; 8 projects the query pair.
ops::TemplateEmbedding template_features(const ParameterReader& single) {
  const auto name = [](int k) { return "template_pair_embedding_" + std::to_string(k); };
  const auto row = [&](int k) { return single.row(name(k) + ":weights"); };
  return {single.table(name(0)),
          row(1),
          single.table(name(2)),
          single.table(name(3)),
          row(4),
          row(5),
          row(6),
          row(7),
          single.layer_norm("query_embedding_norm", Variance::fast),
          single.linear(name(8))};
}

ParameterReader single_template(const ParameterReader& evoformer) {
  return evoformer.in("template_embedding").in("single_template_embedding");
}

}  // namespace

TemplateEmbedding::TemplateEmbedding(const ParameterReader& evoformer)
    : features_(template_features(single_template(evoformer))),
      blocks_(layer_stack<PairLayers>(
          single_template(evoformer).in("__layer_stack_no_per_layer").in("template_embedding_iteration"),
          "pair_attention1/act_norm:scale")),
      output_layer_norm_(single_template(evoformer).layer_norm("output_layer_norm", Variance::fast)),
      output_linear_(evoformer.in("template_embedding").linear("output_linear")) {}

// act [N * N, C_t]: the embedding of template t.
void TemplateEmbedding::embed(ops::Backend& ops, const Batch& batch, int64_t t, const Array& pair,
                              Array& act) const {
  const Geometry geometry = geometry_of(batch, t);
  ops.embed_template(features_, ops.upload(geometry.frames), ops.upload(geometry.tokens), pair, act);
  for (const PairLayers& block : blocks_) block(ops, act);
  ops.norm_in_place(output_layer_norm_, act);
}

// pair += relu(mean of the templates' embeddings) W.
void TemplateEmbedding::operator()(ops::Backend& ops, const Batch& batch, Array& pair) const {
  const int64_t channels = features_.query.cols();
  Array sum = ops.temporary(pair.rows(), channels, pair.type());
  Array act = ops.temporary(pair.rows(), channels, pair.type());
  for (int64_t t = 0; t < kTemplates; ++t) {
    // `act` still holds the embedding of template t - 1.
    if (t == 0 || !same_template(batch, t - 1, t)) embed(ops, batch, t, pair, act);
    if (t == 0)
      ops.copy(act, sum);
    else
      ops.add(act, sum);
  }
  ops.add_templates(sum, kTemplates, output_linear_, pair);
}

}  // namespace pleat::model
