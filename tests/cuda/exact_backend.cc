#include "tests/cuda/exact_backend.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "ops/distances.h"
#include "ops/relative_encoding.h"
#include "tensor/dtype.h"

namespace pleat::cuda::test {
namespace {

constexpr int64_t kQueries = ops::kWindowQueries, kKeys = ops::kWindowKeys;

// To 11 bits, ties away from zero.
double tf32(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);
  return std::ldexp(std::round(std::ldexp(fraction, 11)), exponent - 11);
}
double bf16(double x) { return from_bf16(to_bf16(static_cast<float>(x))); }

// --- Matrices

const Matrix& of(const Array& a) { return ExactBackend::elements(a); }
int64_t whole(const Array& a, int64_t row, int64_t col = 0) { return static_cast<int64_t>(of(a)(row, col)); }

Array made(Matrix m) {
  const int64_t rows = m.rows, cols = m.cols;
  return {rows, cols, ops::Type::float32, std::make_unique<ExactElements>(std::move(m))};
}

// The matrix of f(row, column).
template <class F>
Matrix matrix_of(int64_t rows, int64_t cols, F&& f) {
  Matrix out(rows, cols);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < cols; ++c) out(r, c) = f(r, c);
  return out;
}
template <class F>
Matrix each(const Matrix& x, F&& f) {
  return matrix_of(x.rows, x.cols, [&](int64_t r, int64_t c) { return f(x(r, c)); });
}
Matrix transposed(const Matrix& x) {
  return matrix_of(x.cols, x.rows, [&](int64_t r, int64_t c) { return x(c, r); });
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double swish(double x) { return x * sigmoid(x); }
double relu(double x) { return std::max(x, 0.0); }

int64_t tokens_of(const Array& pair) {
  return static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(pair.rows()))));
}

// LN(x) = scale * (x - mean) / sqrt(variance + 1e-5) + offset of each row.
Matrix normed(const Matrix& x, const ops::LayerNorm& norm) {
  Matrix out(x.rows, x.cols);
  const auto count = static_cast<double>(x.cols);
  for (int64_t r = 0; r < x.rows; ++r) {
    double mean = 0, variance = 0;
    for (int64_t c = 0; c < x.cols; ++c) mean += x(r, c) / count;
    for (int64_t c = 0; c < x.cols; ++c) variance += (x(r, c) - mean) * (x(r, c) - mean) / count;
    for (int64_t c = 0; c < x.cols; ++c)
      out(r, c) =
          (norm.scale.empty() ? 1 : of(norm.scale)(0, c)) * (x(r, c) - mean) / std::sqrt(variance + 1e-5) +
          (norm.offset.empty() ? 0 : of(norm.offset)(0, c));
  }
  return out;
}

// gate * LN(x) + shift; row r has the condition r % L.
Matrix adapted(const Matrix& x, const Array& gate_shift) {
  const Matrix n = normed(x, {});
  const Matrix& g = of(gate_shift);
  return matrix_of(x.rows, x.cols, [&](int64_t r, int64_t c) {
    return g(r % g.rows, c) * n(r, c) + g(r % g.rows, x.cols + c);
  });
}

// o * sigmoid(gate), the gate being the last columns of projections.
Matrix gated_by(const Matrix& o, const Matrix& projections) {
  return matrix_of(o.rows, o.cols, [&](int64_t r, int64_t c) {
    return o(r, c) * sigmoid(projections(r, projections.cols - o.cols + c));
  });
}

// Adds the bias [1, B] to the first B columns.
Matrix with_bias(Matrix x, const Array& bias) {
  for (int64_t r = 0; r < x.rows && !bias.empty(); ++r)
    for (int64_t c = 0; c < bias.cols(); ++c) x(r, c) += of(bias)(0, c);
  return x;
}

// softmax over each group of `bins` columns.
Matrix softmaxed(const Matrix& x, int64_t bins) {
  Matrix out(x.rows, x.cols);
  for (int64_t r = 0; r < x.rows; ++r)
    for (int64_t first = 0; first < x.cols; first += bins) {
      double largest = x(r, first), sum = 0;
      for (int64_t b = 0; b < bins; ++b) largest = std::max(largest, x(r, first + b));
      for (int64_t b = 0; b < bins; ++b) sum += out(r, first + b) = std::exp(x(r, first + b) - largest);
      for (int64_t b = 0; b < bins; ++b) out(r, first + b) /= sum;
    }
  return out;
}

double distance_bin(const double (&d)[3]) {
  return static_cast<double>(ops::dgram_bin(static_cast<float>(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])));
}

// The 139 features of the pair (i, j).
std::array<double, ops::kRelativeFeatures> relative_features(const Array& tokens, int64_t i, int64_t j) {
  const auto identity = [&](int64_t t) {
    const auto field = [&](int64_t c) { return static_cast<int>(whole(tokens, t, c)); };
    return ops::TokenIdentity{field(0), field(1), field(2), field(3), field(4)};
  };
  const ops::RelativeEncoding r = ops::relative_encoding(identity(i), identity(j));
  std::array<double, ops::kRelativeFeatures> out = {};
  for (const int one : {r.residue, r.token, r.chain}) out[static_cast<size_t>(one)] = 1;
  if (r.entity) out[static_cast<size_t>(ops::kSameEntityFeature)] = 1;
  return out;
}

}  // namespace

Operand operand_of(double x, std::optional<Arithmetic> arithmetic) {
  if (!arithmetic) return {x, 0};
  if (*arithmetic == Arithmetic::float32) return {static_cast<float>(x), 0};
  if (*arithmetic == Arithmetic::tf32) return {tf32(x), 0};
  const double high = bf16(x);
  return {high, *arithmetic == Arithmetic::split ? bf16(x - high) : 0};
}

// The product of the low parts is below the precision of two parts, and left out.
Matrix ExactBackend::product(const Matrix& a, const Matrix& b) const {
  PLEAT_ASSERT(a.cols == b.rows);
  Matrix high(b.rows, b.cols), low(b.rows, b.cols), out(a.rows, b.cols);
  for (int64_t k = 0; k < b.rows; ++k)
    for (int64_t n = 0; n < b.cols; ++n) {
      const Operand y = operand_of(b(k, n), rounded_);
      high(k, n) = y.high;
      low(k, n) = y.low;
    }
  for (int64_t m = 0; m < a.rows; ++m)
    for (int64_t k = 0; k < a.cols; ++k) {
      const Operand x = operand_of(a(m, k), rounded_);
      for (int64_t n = 0; n < b.cols; ++n)
        out(m, n) += x.high * (high(k, n) + low(k, n)) + x.low * high(k, n);
    }
  return out;
}

template <class Gate>
Matrix ExactBackend::gated(const Matrix& x, const ops::GatedLinear& w, Gate gate) const {
  const Matrix g = product(x, w.gate), v = product(x, w.value);
  return matrix_of(g.rows, g.cols, [&](int64_t r, int64_t c) { return gate(g(r, c)) * v(r, c); });
}

Matrix ExactBackend::attend(const Matrix& q, const Matrix& k, const Matrix& v, const Matrix& bias) const {
  const Matrix qk = product(q, transposed(k));
  const double scale = 1 / std::sqrt(static_cast<double>(q.cols));
  const Matrix logits =
      matrix_of(qk.rows, qk.cols, [&](int64_t i, int64_t j) { return qk(i, j) * scale + bias(i, j); });
  return product(softmaxed(logits, logits.cols), v);
}

void ExactBackend::set(Array& out, Matrix values) const {
  PLEAT_ASSERT(values.rows == out.rows() && values.cols == out.cols());
  if (rounded_ && out.type() == ops::Type::bfloat16) values = each(values, bf16);
  out.memory<ExactElements>().matrix = std::move(values);
}

void ExactBackend::add_to(Array& out, const Matrix& values) const {
  set(out, matrix_of(values.rows, values.cols,
                     [&](int64_t r, int64_t c) { return of(out)(r, c) + values(r, c); }));
}

// --- Memory

Array ExactBackend::make(int64_t rows, int64_t cols, ops::Type type, ops::Location) {
  return {rows, cols, type, std::make_unique<ExactElements>(Matrix(rows, cols))};
}

namespace {

template <class T>
Array uploaded(const Tensor<T>& values, ops::Type type) {
  Matrix m(values.size() / std::max<int64_t>(values.dim(-1), 1), values.dim(-1));
  std::copy(values.values().begin(), values.values().end(), m.elements.begin());
  return {m.rows, m.cols, type, std::make_unique<ExactElements>(std::move(m))};
}

}  // namespace

Array ExactBackend::upload(const Tensor<float>& values) { return uploaded(values, ops::Type::float32); }
Array ExactBackend::upload(const Tensor<int32_t>& values) { return uploaded(values, ops::Type::int32); }

void ExactBackend::update(const Tensor<float>& values, Array& x) { x = upload(values); }

void ExactBackend::download(const Array& x, Tensor<float>& out, int64_t first) {
  for (int64_t k = 0; k < x.size(); ++k)
    out[first + k] = static_cast<float>(of(x).elements[static_cast<size_t>(k)]);
}

Linear ExactBackend::pack(const Tensor<float>& weights, Arithmetic arithmetic) {
  Matrix m(weights.dim(0), weights.dim(1));
  std::copy(weights.values().begin(), weights.values().end(), m.elements.begin());
  return {m.rows, m.cols, arithmetic, std::make_unique<ExactElements>(std::move(m))};
}

// --- Rows

void ExactBackend::copy(const Array& x, Array& out) { set(out, of(x)); }
void ExactBackend::add(const Array& x, Array& act) { add_to(act, of(x)); }
void ExactBackend::add_to_each(const Array& x, Array& act) {
  add_to(act, of(repeat(x, act.rows() / x.rows())));
}

Array ExactBackend::repeat(const Array& x, int64_t groups) {
  return made(
      matrix_of(groups * x.rows(), x.cols(), [&](int64_t r, int64_t c) { return of(x)(r % x.rows(), c); }));
}

Array ExactBackend::concatenate(const Array& a, const Array& b) {
  return made(matrix_of(a.rows(), a.cols() + b.cols(), [&](int64_t r, int64_t c) {
    return c < a.cols() ? of(a)(r, c) : of(b)(r, c - a.cols());
  }));
}

Array ExactBackend::scale(float factor, const Array& x) {
  return made(each(of(x), [&](double e) { return factor * e; }));
}

Array ExactBackend::norm(const Array& x, const ops::LayerNorm& norm) { return made(normed(of(x), norm)); }
void ExactBackend::norm_in_place(const ops::LayerNorm& norm, Array& act) { set(act, normed(of(act), norm)); }
Array ExactBackend::linear(const Array& x, const Linear& w) { return made(product(of(x), w)); }
void ExactBackend::add_linear(const Array& x, const Linear& w, Array& act) { add_to(act, product(of(x), w)); }

Array ExactBackend::norm_linear(const Array& x, const ops::LayerNorm& norm, const Linear& w) {
  return made(product(normed(of(x), norm), w));
}

void ExactBackend::transition(const ops::Transition& weights, Array& act) {
  const Matrix hidden = gated(normed(of(act), weights.input_layer_norm), weights.transition1, swish);
  add_to(act, product(hidden, weights.transition2));
}

// --- Embeddings

void ExactBackend::embed_pair(const ops::PairEmbedding& weights, const Array& tokens, const Array& left_right,
                              const Array& bonds, Array& pair) {
  const int64_t n = tokens_of(pair), channels = pair.cols();
  Matrix bonded(n, n);
  for (int64_t b = 0; b < bonds.rows(); ++b) bonded(whole(bonds, b, 0), whole(bonds, b, 1)) = 1;
  Matrix out = product(normed(of(pair), weights.prev_embedding_layer_norm), weights.prev_embedding);
  for (int64_t r = 0; r < n * n; ++r) {
    const auto features = relative_features(tokens, r / n, r % n);
    for (int64_t c = 0; c < channels; ++c) {
      out(r, c) += of(left_right)(r / n, c) + of(left_right)(r % n, channels + c);
      out(r, c) += bonded(r / n, r % n) * of(weights.bond_embedding)(0, c);
      for (int64_t k = 0; k < ops::kRelativeFeatures; ++k)
        out(r, c) += features[static_cast<size_t>(k)] * of(weights.position_activations)(k, c);
    }
  }
  set(pair, std::move(out));
}

Array ExactBackend::embed_msa(const Array& letters, const Linear& w, const Array& extra) {
  const Matrix features =
      matrix_of(letters.rows(), ops::kMsaClasses + 2, [&](int64_t r, int64_t k) -> double {
        const double deletions = of(letters)(r, 1);
        if (k < ops::kMsaClasses) return whole(letters, r) == k ? 1 : 0;
        return k == ops::kMsaClasses ? std::min(deletions, 1.0)
                                     : std::atan(deletions / 3) * 2 / std::numbers::pi;
      });
  Array out = made(product(features, w));
  add_to_each(extra, out);
  return out;
}

void ExactBackend::embed_template(const ops::TemplateEmbedding& weights, const Array& frames,
                                  const Array& tokens, const Array& pair, Array& act) {
  const int64_t n = tokens_of(pair);
  const Matrix& f = of(frames);
  Matrix out = product(normed(of(pair), weights.query_embedding_norm), weights.query);
  for (int64_t r = 0; r < n * n; ++r) {
    const int64_t i = r / n, j = r % n;
    const bool same = whole(tokens, i, 1) == whole(tokens, j, 1);
    const bool betas = same && whole(tokens, i, 2) && whole(tokens, j, 2);
    const bool backbones = same && whole(tokens, i, 3) && whole(tokens, j, 3);
    const double d[3] = {f(i, 0) - f(j, 0), f(i, 1) - f(j, 1), f(i, 2) - f(j, 2)};
    const double bin = distance_bin(d);
    double unit[3], square = 0;  // of j's origin in i's frame
    for (int64_t x = 0; x < 3; ++x) {
      unit[x] = f(i, 15 + x);
      for (int64_t k = 0; k < 3; ++k) unit[x] += f(i, 6 + 3 * x + k) * f(j, 3 + k);
      square += unit[x] * unit[x];
    }
    for (double& u : unit) u /= std::sqrt(std::max(square, 1e-12));
    for (int64_t c = 0; c < act.cols(); ++c) {
      double& y = out(r, c);
      if (betas && bin >= 0) y += of(weights.dgram)(static_cast<int64_t>(bin), c);
      if (betas) y += of(weights.pseudo_beta_mask)(0, c);
      y += of(weights.aatype_j)(whole(tokens, j), c) + of(weights.aatype_i)(whole(tokens, i), c);
      if (backbones)
        y += unit[0] * of(weights.unit_x)(0, c) + unit[1] * of(weights.unit_y)(0, c) +
             unit[2] * of(weights.unit_z)(0, c) + of(weights.backbone_mask)(0, c);
    }
  }
  set(act, std::move(out));
}

void ExactBackend::add_templates(const Array& x, int64_t templates, const Linear& w, Array& pair) {
  const double count = 1e-7 + static_cast<double>(templates);
  add_to(pair, product(each(of(x), [&](double e) { return relu(e / count); }), w));
}

void ExactBackend::relative_norm_linear(const Array& pair, const Array& tokens, const ops::LayerNorm& norm,
                                        const Linear& w, Array& out) {
  const int64_t n = tokens_of(pair);
  Matrix x(pair.rows(), pair.cols() + ops::kRelativeFeatures);
  for (int64_t r = 0; r < x.rows; ++r) {
    const auto features = relative_features(tokens, r / n, r % n);
    for (int64_t c = 0; c < x.cols; ++c)
      x(r, c) = c < pair.cols() ? of(pair)(r, c) : features[static_cast<size_t>(c - pair.cols())];
  }
  set(out, product(normed(x, norm), w));
}

void ExactBackend::add_distances(const Array& left_right, const Array& positions, const Array& table,
                                 Array& pair) {
  const int64_t n = tokens_of(pair), channels = pair.cols();
  const Matrix &at = of(positions), &sides = of(left_right);
  add_to(pair, matrix_of(pair.rows(), channels, [&](int64_t r, int64_t c) {
           const int64_t i = r / n, j = r % n;
           const double d[3] = {at(i, 0) - at(j, 0), at(i, 1) - at(j, 1), at(i, 2) - at(j, 2)};
           const auto bin = static_cast<int64_t>(distance_bin(d));
           return sides(j, c) + sides(i, channels + c) + (bin >= 0 ? of(table)(bin, c) : 0);
         }));
}

// --- Pair and MSA

// o_ij = sum_k a_ik b_jk, or sum_k a_kj b_ki.
void ExactBackend::triangle_multiplication(const ops::TriangleMultiplication& weights, ops::Triangle edges,
                                           Array& pair) {
  const int64_t n = tokens_of(pair), channels = weights.center_norm.scale.cols();
  const bool outgoing = edges == ops::Triangle::outgoing;
  const Matrix x = normed(of(pair), weights.left_norm_input);
  const Matrix a = gated(x, weights.a, sigmoid), b = gated(x, weights.b, sigmoid);
  Matrix o(n * n, channels);
  for (int64_t c = 0; c < channels; ++c) {
    const auto left = [&](int64_t l, int64_t k) { return outgoing ? a(l * n + k, c) : b(k * n + l, c); };
    const auto right = [&](int64_t k, int64_t m) { return outgoing ? b(m * n + k, c) : a(k * n + m, c); };
    const Matrix sums = product(matrix_of(n, n, left), matrix_of(n, n, right));
    for (int64_t r = 0; r < n * n; ++r) o(r, c) = sums(r / n, r % n);
  }
  const Matrix gate = product(x, weights.gating_linear);
  Matrix out = product(normed(o, weights.center_norm), weights.output_projection);
  for (size_t k = 0; k < out.elements.size(); ++k) out.elements[k] *= sigmoid(gate.elements[k]);
  add_to(pair, out);
}

void ExactBackend::grid_self_attention(const ops::GridSelfAttention& weights, ops::Axis axis, Array& pair) {
  const int64_t n = tokens_of(pair), width = weights.qkv.cols() / 3, dim = width / weights.heads;
  const Matrix x = normed(of(pair), weights.act_norm);
  const Matrix bias = product(x, weights.pair_bias_projection), qkv = product(x, weights.qkv);
  Matrix o(n * n, width);
  for (int64_t line = 0; line < n; ++line)
    for (int64_t h = 0; h < weights.heads; ++h) {
      const auto row = [&](int64_t i) { return axis == ops::Axis::rows ? line * n + i : i * n + line; };
      const auto part = [&](int64_t first) {
        return matrix_of(n, dim, [&](int64_t i, int64_t d) { return qkv(row(i), first + h * dim + d); });
      };
      const Matrix out = attend(part(0), part(width), part(2 * width),
                                matrix_of(n, n, [&](int64_t i, int64_t j) { return bias(i * n + j, h); }));
      for (int64_t i = 0; i < n; ++i)
        for (int64_t d = 0; d < dim; ++d) o(row(i), h * dim + d) = out(i, d);
    }
  add_to(pair, product(gated_by(o, product(x, weights.gating_query)), weights.output_projection));
}

void ExactBackend::outer_product_mean(const ops::OuterProductMean& weights, const Array& msa, Array& pair) {
  const int64_t n = tokens_of(pair), depth = msa.rows() / n, e = weights.left_right.cols() / 2;
  const Matrix lr = product(normed(of(msa), weights.layer_norm_input), weights.left_right);
  const Matrix outer =
      product(matrix_of(n * e, depth, [&](int64_t r, int64_t s) { return lr(s * n + r / e, r % e); }),
              matrix_of(depth, n * e, [&](int64_t s, int64_t r) { return lr(s * n + r / e, e + r % e); }));
  const Matrix rows = matrix_of(
      n * n, e * e, [&](int64_t r, int64_t c) { return outer(r / n * e + c / e, r % n * e + c % e); });
  const double count = 1e-3 + static_cast<double>(depth);
  add_to(pair, each(with_bias(product(rows, weights.output_w), weights.output_b),
                    [&](double x) { return x / count; }));
}

void ExactBackend::msa_attention(const ops::MsaAttention& weights, const Array& pair, Array& msa) {
  const int64_t n = tokens_of(pair), depth = msa.rows() / n, width = weights.v_projection.cols();
  const int64_t dim = width / weights.heads;
  const Matrix x = normed(of(msa), weights.act_norm), v = product(x, weights.v_projection);
  const Matrix logits = product(normed(of(pair), weights.pair_norm), weights.pair_logits);
  Matrix o(msa.rows(), width);
  for (int64_t h = 0; h < weights.heads; ++h) {
    const Matrix w =
        softmaxed(matrix_of(n, n, [&](int64_t i, int64_t j) { return logits(i * n + j, h); }), n);
    const Matrix mean = product(w, matrix_of(n, depth * dim, [&](int64_t j, int64_t c) {
                                  return v(c / dim * n + j, h * dim + c % dim);
                                }));
    for (int64_t r = 0; r < msa.rows(); ++r)
      for (int64_t d = 0; d < dim; ++d) o(r, h * dim + d) = mean(r % n, r / n * dim + d);
  }
  add_to(msa, product(gated_by(o, product(x, weights.gating_query)), weights.output_projection));
}

// --- Attention and conditioned layers

Array ExactBackend::pair_logits(const Array& pair, const ops::LayerNorm& norm, const Linear& w) {
  return made(transposed(product(normed(of(pair), norm), w)));
}

Array ExactBackend::norm_qkvg(const Array& act, const ops::LayerNorm& norm, const ops::Attention& weights) {
  return made(with_bias(product(normed(of(act), norm), weights.qkvg), weights.q_bias));
}

Array ExactBackend::attention(const ops::Attention& weights, const Array& qkvg, const Array& logits) {
  const int64_t width = qkvg.cols() / 4, dim = width / weights.heads;
  const auto n = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(logits.cols()))));
  Matrix o(qkvg.rows(), width);
  for (int64_t first = 0; first < qkvg.rows(); first += n)
    for (int64_t h = 0; h < weights.heads; ++h) {
      const auto part = [&](int64_t k) {
        return matrix_of(n, dim,
                         [&](int64_t i, int64_t d) { return of(qkvg)(first + i, k * width + h * dim + d); });
      };
      const Matrix out =
          attend(part(0), part(1), part(2),
                 matrix_of(n, n, [&](int64_t i, int64_t j) { return of(logits)(h, i * n + j); }));
      for (int64_t i = 0; i < n; ++i)
        for (int64_t d = 0; d < dim; ++d) o(first + i, h * dim + d) = out(i, d);
    }
  return made(std::move(o));
}

void ExactBackend::add_gated_linear(const Array& o, const Array& qkvg, const Linear& w, Array& act) {
  add_to(act, product(gated_by(of(o), of(qkvg)), w));
}

std::vector<Array> ExactBackend::conditions(const Array& normed_condition, const Array& condition,
                                            std::span<const ops::Condition* const> weights) {
  std::vector<Array> out;
  for (const ops::Condition* w : weights) {
    Matrix x = with_bias(product(of(w->of_norm ? normed_condition : condition), w->weights), w->bias);
    out.push_back(made(matrix_of(x.rows, x.cols, [&](int64_t r, int64_t c) {
      return c < w->bias.cols() ? sigmoid(x(r, c)) : x(r, c);
    })));
  }
  return out;
}

Array ExactBackend::adaptive_norm_linear(const Array& act, const Array& gate_shift, const Linear& w,
                                         const Array& bias) {
  return made(with_bias(product(adapted(of(act), gate_shift), w), bias));
}

namespace {

Matrix zeroed(const Matrix& x, const Array& zero) {
  return matrix_of(x.rows, x.cols,
                   [&](int64_t r, int64_t c) { return of(zero)(r % zero.rows(), c) * x(r, c); });
}

}  // namespace

void ExactBackend::add_adaptive_zero(const Array& o, const Array& projections, const Linear& w,
                                     const Array& zero, Array& act) {
  add_to(act, zeroed(product(gated_by(of(o), of(projections)), w), zero));
}

void ExactBackend::conditioned_transition(const ops::ConditionedTransition& weights, const Array& gate_shift,
                                          const Array& zero, Array& act) {
  const Matrix hidden = gated(adapted(of(act), gate_shift), weights.transition1, swish);
  add_to(act, zeroed(product(hidden, weights.transition2), zero));
}

// --- Atoms

Array ExactBackend::per_atom_conditioning(const ops::PerAtomConditioning& weights, const Array& ref_pos,
                                          const Array& charge, const Array& features) {
  const int64_t alphabet = weights.ref_atom_name.rows() / 4, elements = weights.ref_element.rows();
  return made(matrix_of(ref_pos.rows(), weights.ref_pos.cols(), [&](int64_t a, int64_t c) {
    if (!whole(features, a)) return 0.0;
    double x = of(weights.ref_mask)(0, c) + of(charge)(a, 0) * of(weights.ref_charge)(0, c);
    for (int64_t axis = 0; axis < 3; ++axis) x += of(ref_pos)(a, axis) * of(weights.ref_pos)(axis, c);
    const int64_t element = whole(features, a, 1);
    if (element < elements) x += of(weights.ref_element)(element, c);
    for (int64_t k = 0; k < 4; ++k)
      if (const int64_t letter = whole(features, a, 2 + k); letter < alphabet)
        x += of(weights.ref_atom_name)(k * alphabet + letter, c);
    return x;
  }));
}

void ExactBackend::tokens_to_atoms(const ops::AtomWindows& windows, const Array& x, Array& act) {
  add_to(act, matrix_of(act.rows(), act.cols(), [&](int64_t r, int64_t c) {
           return of(x)(r / windows.atoms * windows.tokens + whole(windows.token, r % windows.atoms), c);
         }));
}

Array ExactBackend::atoms_to_tokens(const ops::AtomWindows& windows, const Array& x, const Linear& w) {
  const Matrix y = each(product(of(x), w), relu);
  Matrix out(x.rows() / windows.atoms * windows.tokens, w.cols());
  for (int64_t r = 0; r < y.rows; ++r) {
    const int64_t token = whole(windows.token, r % windows.atoms);
    const int64_t atoms = whole(windows.token_first_atom, token + 1) - whole(windows.token_first_atom, token);
    for (int64_t c = 0; c < y.cols; ++c)
      out(r / windows.atoms * windows.tokens + token, c) += y(r, c) / static_cast<double>(atoms);
  }
  return made(std::move(out));
}

Matrix ExactBackend::window_features(const ops::AtomPairFeatures& weights, const ops::AtomWindows& windows,
                                     int64_t window, const Matrix& row, const Matrix& col,
                                     const Matrix* trunk_pair) const {
  Matrix z(kQueries * kKeys, row.cols);
  for (int64_t r = 0; r < z.rows; ++r) {
    const int64_t query = window * kQueries + r / kKeys, slot = window * kKeys + r % kKeys;
    if (query >= windows.atoms) break;
    const int64_t key = whole(windows.keys, slot);
    const bool same = whole(windows.query_uid, query) == whole(windows.key_uid, slot);
    double offset[3], square = 0;
    for (int64_t x = 0; x < 3; ++x) {
      offset[x] = of(windows.ref_pos)(query, x) - (key >= 0 ? of(windows.ref_pos)(key, x) : 0);
      square += offset[x] * offset[x];
    }
    for (int64_t c = 0; c < z.cols; ++c) {
      z(r, c) = row(query, c) + (key >= 0 ? col(key, c) : 0);
      if (key >= 0 && trunk_pair)
        z(r, c) += (*trunk_pair)(whole(windows.token, query) * windows.tokens + whole(windows.token, key), c);
      if (!same) continue;
      for (int64_t x = 0; x < 3; ++x) z(r, c) += offset[x] * of(weights.embed_pair_offsets)(x, c);
      z(r, c) +=
          of(weights.embed_pair_distances)(0, c) / (1 + square) + of(weights.embed_pair_offsets_valid)(0, c);
    }
  }
  const Matrix a = product(each(z, relu), weights.pair_mlp_1), b = product(each(a, relu), weights.pair_mlp_2);
  const Matrix mlp = product(each(b, relu), weights.pair_mlp_3);
  for (size_t k = 0; k < z.elements.size(); ++k) z.elements[k] += mlp.elements[k];
  return z;
}

std::vector<std::vector<Array>> ExactBackend::atom_pair_logits(
    const ops::AtomPairFeatures& weights, const ops::AtomWindows& windows, const Array& cond,
    const Array& pair_cond, std::span<const ops::AtomPairLogits* const> transformers) {
  std::vector<std::vector<Array>> out;
  for (const ops::AtomPairLogits* t : transformers) {
    out.emplace_back();
    for (int64_t b = 0; b < t->pair_logits_projection.cols() / t->heads; ++b)
      out.back().push_back(made(Matrix(windows.windows() * t->heads * kQueries, kKeys)));
  }
  const Matrix x = each(of(cond), relu);
  const Matrix row = product(x, weights.single_to_pair_cond_row),
               col = product(x, weights.single_to_pair_cond_col);
  std::optional<Matrix> trunk_pair;
  if (!pair_cond.empty())
    trunk_pair.emplace(
        product(normed(of(pair_cond), weights.lnorm_trunk_pair_cond), weights.embed_trunk_pair_cond));
  for (int64_t window = 0; window < windows.windows(); ++window) {
    const Matrix z = window_features(weights, windows, window, row, col, trunk_pair ? &*trunk_pair : nullptr);
    for (size_t t = 0; t < out.size(); ++t) {
      const int64_t heads = transformers[t]->heads;
      const Matrix logits =
          product(normed(z, transformers[t]->pair_input_layer_norm), transformers[t]->pair_logits_projection);
      for (int64_t r = 0; r < z.rows; ++r)
        for (int64_t c = 0; c < logits.cols; ++c)
          out[t][static_cast<size_t>(c / heads)].memory<ExactElements>().matrix(
              (window * heads + c % heads) * kQueries + r / kKeys, r % kKeys) = logits(r, c);
    }
  }
  return out;
}

Array ExactBackend::window_attention(const ops::AtomWindows& windows, int64_t heads, const Array& q_gate,
                                     const Array& kv, const Array& logits, Arithmetic) {
  const int64_t width = kv.cols() / 2, dim = width / heads, atoms = windows.atoms;
  Matrix out(q_gate.rows(), width);
  for (int64_t first = 0; first < out.rows; first += atoms)
    for (int64_t w = 0; w < windows.windows(); ++w)
      for (int64_t h = 0; h < heads; ++h) {
        const int64_t query = w * kQueries, count = std::min(kQueries, atoms - query);
        const auto keys = [&](int64_t k, int64_t col) {
          const int64_t atom = whole(windows.keys, w * kKeys + k);
          return atom < 0 ? 0.0 : of(kv)(first + atom, col);
        };
        const Matrix o = attend(
            matrix_of(count, dim,
                      [&](int64_t i, int64_t d) { return of(q_gate)(first + query + i, h * dim + d); }),
            matrix_of(kKeys, dim, [&](int64_t k, int64_t d) { return keys(k, h * dim + d); }),
            matrix_of(kKeys, dim, [&](int64_t k, int64_t d) { return keys(k, width + h * dim + d); }),
            matrix_of(count, kKeys,
                      [&](int64_t i, int64_t k) { return of(logits)((w * heads + h) * kQueries + i, k); }));
        for (int64_t i = 0; i < count; ++i)
          for (int64_t d = 0; d < dim; ++d) out(first + query + i, h * dim + d) = o(i, d);
      }
  return made(std::move(out));
}

// --- Heads

Array ExactBackend::expectations(const Array& x, const ops::LayerNorm& norm, const Linear& w,
                                 const Array& values) {
  const int64_t bins = values.cols(), rows = x.rows();
  const Matrix p = softmaxed(product(normed(of(x), norm), w), bins);
  return made(matrix_of(values.rows() * rows, w.cols() / bins, [&](int64_t r, int64_t group) {
    double sum = 0;
    for (int64_t b = 0; b < bins; ++b) sum += p(r % rows, group * bins + b) * of(values)(r / rows, b);
    return sum;
  }));
}

namespace {

// The rows (i, j) and (j, i) added.
Matrix symmetric(const Matrix& x, int64_t n) {
  return matrix_of(x.rows, x.cols, [&](int64_t r, int64_t c) { return x(r, c) + x(r % n * n + r / n, c); });
}

}  // namespace

Array ExactBackend::symmetric_expectation(const Array& pair, const ops::LayerNorm& norm, const Linear& w,
                                          const Array& centres) {
  const int64_t n = tokens_of(pair);
  const Matrix p = softmaxed(symmetric(product(normed(of(pair), norm), w), n), w.cols());
  return made(matrix_of(n, n, [&](int64_t i, int64_t j) {
    double sum = 0;
    for (int64_t b = 0; b < p.cols; ++b) sum += p(i * n + j, b) * of(centres)(0, b);
    return sum;
  }));
}

std::vector<Array> ExactBackend::aligned_error(const Array& pair, const Array& chains,
                                               const ops::LayerNorm& norm, const Linear& w,
                                               const Array& centres) {
  const int64_t n = tokens_of(pair);
  const Matrix p = softmaxed(product(normed(of(pair), norm), w), w.cols());
  const auto size = [&](int64_t i) {
    int64_t count = 0;
    for (int64_t j = 0; j < n; ++j) count += whole(chains, j) == whole(chains, i);
    return count;
  };
  const auto weight = [](double error, int64_t residues) {
    const double d0 = 1.24 * std::cbrt(static_cast<double>(std::max<int64_t>(residues, 19)) - 15) - 1.8;
    return 1 / (1 + error / d0 * error / d0);
  };
  std::vector<Array> out;
  for (int kind = 0; kind < 3; ++kind)
    out.push_back(made(matrix_of(n, n, [&](int64_t i, int64_t j) {
      const int64_t both = whole(chains, i) == whole(chains, j) ? size(i) : size(i) + size(j);
      double sum = 0;
      for (int64_t b = 0; b < p.cols; ++b) {
        const double error = of(centres)(0, b);
        sum += p(i * n + j, b) * (kind == 0 ? error : weight(error, kind == 1 ? n : both));
      }
      return sum;
    })));
  return out;
}

ops::Backend::Distogram ExactBackend::distogram(const Array& pair, const Linear& w, int64_t contact_bins,
                                                bool keep) {
  const int64_t n = tokens_of(pair);
  Matrix logits = symmetric(product(of(pair), w), n);
  const Matrix p = softmaxed(logits, logits.cols);
  Distogram out;
  out.contact_probs = made(matrix_of(n, n, [&](int64_t i, int64_t j) {
    double sum = 0;
    for (int64_t b = 0; b < contact_bins; ++b) sum += p(i * n + j, b);
    return sum;
  }));
  if (keep) out.logits = made(std::move(logits));
  return out;
}

// --- Sampler

void ExactBackend::augment(const Array& transforms, const Array& noise, const Array& numbers,
                           Array& positions) {
  const double noise_scale = of(numbers)(0, ops::kNoiseScale);
  const int64_t atoms = positions.rows() / transforms.rows();
  const Matrix x = of(positions), &t = of(transforms);
  set(positions, matrix_of(x.rows, 3, [&](int64_t r, int64_t c) {
        const int64_t s = r / atoms;
        double y = t(s, 9 + c) + noise_scale * of(noise)(r, c);
        for (int64_t k = 0; k < 3; ++k) {
          double centre = 0;
          for (int64_t a = 0; a < atoms; ++a) centre += x(s * atoms + a, k) / static_cast<double>(atoms);
          y += (x(r, k) - centre) * t(s, 3 * k + c);
        }
        return y;
      }));
}

Array ExactBackend::network_input(const Array& numbers, const Array& positions) {
  return made(each(of(positions), [&](double x) { return of(numbers)(0, ops::kInputScale) * x; }));
}

void ExactBackend::sampler_update(const Array& update, const Array& numbers, Array& positions) {
  const Matrix &x = of(positions), &n = of(numbers);
  set(positions, matrix_of(x.rows, x.cols, [&](int64_t r, int64_t c) {
        const double denoised = n(0, ops::kKeep) * x(r, c) + n(0, ops::kChange) * of(update)(r, c);
        return x(r, c) + n(0, ops::kStepSize) * (x(r, c) - denoised) / n(0, ops::kNoiseLevel);
      }));
}

}  // namespace pleat::cuda::test
