// Triangle products, grid attention, outer product mean and MSA attention on the GPU.
#include <algorithm>
#include <cmath>

#include "cuda/backend.h"
#include "cuda/views.h"

namespace pleat::cuda {

// The right operand of a batch of products, written by another product: `cols` columns of `depth` elements in
// each matrix.
struct CudaBackend::Factor {
  Factor(CudaBackend& ops, int64_t batch, int64_t depth, int64_t cols, Arithmetic arithmetic)
      : arithmetic(arithmetic),
        stride(packed_stride(depth)),
        matrix(stride * cols),
        part(matrix * batch),
        elements(ops.temporary(batch * cols, packed_size(depth, 1, arithmetic) / bytes_of(Type::float32))) {
    if (stride != depth) ops.device_->zero(bytes_at(elements), elements.size() * bytes_of(Type::float32));
  }
  Right right() const { return {bytes_at(elements), stride, part, matrix}; }
  // The caller sets the destination of each sum (row, column).
  void put_into(After& after) const {
    after.out = bytes_at(elements);
    after.part = part;
    after.stored = operand_stored(arithmetic);
  }

  Arithmetic arithmetic;
  int64_t stride, matrix, part;
  Array elements;
};

// Lines of the pair, its rows (outgoing) or columns (incoming): element (line, k) of C channels.
struct CudaBackend::Lines {
  const Array& pair;
  bool columns;
  int64_t tokens, first, count;

  int64_t rows() const { return count * tokens; }
  Stride stride() const {
    const int64_t c = pair.cols();
    return columns ? every(tokens, c, tokens * c) : every(tokens, tokens * c, c);
  }
  // Of the first line.
  std::byte* bytes() const { return bytes_at(pair, first * stride().high); }
  View view() const { return {bytes(), stored(pair.type()), stride(), every(1), 0}; }
};

// --- Triangles. Both are o_lm = sum_k a_lk b_mk over lines (ops/cpu_triangle.cc): b of all lines is held
// whole; a and the product exist for some lines at a time.

namespace {

// sigmoid(x G) * (x P), x = LN(pair), of some lines.
ProductArguments projected(const TriangleMultiplication& weights, const GatedLinear& factor,
                           const View& lines, int64_t rows) {
  ProductArguments p;
  p.rows = rows;
  p.cols = factor.gate.cols();
  p.depth = factor.gate.rows();
  p.left[0].x = lines;
  apply(weights.left_norm_input, p.left[0]);
  p.right[0] = right(factor.gate);
  p.right[1] = right(factor.value);
  return p;
}

}  // namespace

void CudaBackend::project_factor(const TriangleMultiplication& weights, const Lines& lines, Factor& out) {
  ProductArguments p = projected(weights, weights.b, lines.view(), lines.rows());
  out.put_into(p.after);
  p.after.rows = every(lines.tokens, out.stride, 1);
  p.after.cols = every(out.matrix);
  multiply(p, out.arithmetic);
}

// out [C, lines * N].
void CudaBackend::project_lines(const TriangleMultiplication& weights, const Lines& lines, Array& out) {
  ProductArguments p = projected(weights, weights.a, lines.view(), lines.rows());
  put(out, p);
  p.after.rows = every(1);
  p.after.cols = every(lines.rows());
  multiply(p, weights.a.gate.arithmetic());
}

// pair += gate * LN(o) W, o [C, lines * N].
void CudaBackend::add_triangle(const TriangleMultiplication& weights, const Lines& lines,
                               const Array& product) {
  ProductArguments p;
  p.rows = lines.rows();
  p.cols = weights.output_projection.cols();
  p.depth = weights.output_projection.rows();
  p.left[0].x = lines.view();
  apply(weights.left_norm_input, p.left[0]);
  p.left[1].x = {floats(product), Stored::float32, every(1), every(lines.rows()), 0};
  apply(weights.center_norm, p.left[1]);
  p.right[0] = right(weights.gating_linear);
  p.right[1] = right(weights.output_projection);
  p.after.accumulate = true;
  p.after.out = lines.bytes();
  p.after.stored = stored(lines.pair.type());
  p.after.rows = lines.stride();
  multiply(p, weights.output_projection.arithmetic());
}

// Bytes of one line's left factor and product.
namespace {
int64_t line_bytes(int64_t tokens, int64_t channels, Arithmetic arithmetic) {
  return tokens * channels * (bytes_of(operand_type(arithmetic)) + bytes_of(Type::float32));
}
int64_t lines_of(int64_t tokens, int64_t channels, Arithmetic arithmetic, int64_t bytes) {
  const int64_t tiles = bytes / line_bytes(tokens, channels, arithmetic) / kProductRows;
  return std::min(tokens, std::max<int64_t>(tiles, 1) * kProductRows);
}
}  // namespace

int64_t CudaBackend::triangle_bytes(int64_t tokens, int64_t channels, Arithmetic arithmetic) const {
  return channels * packed_size(tokens, tokens, arithmetic) +
         lines_of(tokens, channels, arithmetic, pieces_.triangle_bytes) *
             line_bytes(tokens, channels, arithmetic);
}

void CudaBackend::triangle_multiplication(const TriangleMultiplication& weights, Triangle edges,
                                          Array& pair) {
  require(pair.cols(), kProductCols, "pair has");
  const int64_t n = tokens_of(pair.rows()), channels = pair.cols();
  const Arithmetic arithmetic = weights.b.gate.arithmetic();
  const bool columns = edges == Triangle::incoming;
  Factor right(*this, channels, n, n, arithmetic);
  project_factor(weights, {pair, columns, n, 0, n}, right);
  const int64_t most = lines_of(n, channels, arithmetic, pieces_.triangle_bytes);
  for_pieces(n, most, [&](int64_t first, int64_t count) {
    const Lines lines{pair, columns, n, first, count};
    Array left = temporary(channels, lines.rows(), operand_type(arithmetic));
    const Array product = temporary(channels, lines.rows());
    project_lines(weights, lines, left);
    ProductArguments p;
    p.rows = count;
    p.cols = p.depth = n;
    p.left[0].x = {bytes_at(left), stored(left.type()), every(n), every(1), lines.rows()};
    p.right[0] = right.right();
    p.after.out = floats(product);
    p.after.rows = every(n);
    p.after.batch = lines.rows();
    multiply(p, arithmetic, channels);
    add_triangle(weights, lines, product);
  });
}

// --- Grid attention

void CudaBackend::grid_self_attention(const GridSelfAttention& weights, Axis axis, Array& pair) {
  const int64_t n = tokens_of(pair.rows()), width = weights.qkv.cols() / 3;
  const Arithmetic arithmetic = weights.qkv.arithmetic();
  const Type type = operand_type(arithmetic);
  const Array bias = pair_logits(pair, weights.act_norm, weights.pair_bias_projection);
  const int64_t most = piece_of(n, n * width * (3 * bytes_of(type) + 2 * bytes_of(Type::float32)));
  const Array qkv = temporary(most * n, 3 * width, type), gate = temporary(most * n, width),
              o = temporary(most * n, width);
  for_pieces(n, most, [&](int64_t first, int64_t count) {
    const Lines lines{pair, axis == Axis::columns, n, first, count};
    for (const auto& [w, out] : {std::pair{&weights.qkv, &qkv}, std::pair{&weights.gating_query, &gate}}) {
      ProductArguments p = product_of(pair, 0, lines.rows(), *w);
      p.left[0].x = lines.view();
      apply(weights.act_norm, p.left[0]);
      put(*out, p);
      multiply(p, w->arithmetic());
    }
    attend(self_attention(qkv, n, width, weights.heads, bias, o), count, weights.heads, arithmetic);
    ProductArguments p = product_of(o, 0, lines.rows(), weights.output_projection);
    gate_by(gate, 0, width, p.left[0]);
    p.after.out = lines.bytes();
    p.after.stored = stored(pair.type());
    p.after.rows = lines.stride();
    p.after.accumulate = true;
    multiply(p, weights.output_projection.arithmetic());
  });
}

// --- Outer product mean

// The outer products of some tokens i with all tokens j are o[i, e, j, f]; row (i, j) of the second product
// reads columns (e, f).
void CudaBackend::outer_product_mean(const OuterProductMean& weights, const Array& msa, Array& pair) {
  const int64_t n = tokens_of(pair.rows()), depth = msa.rows() / n, e = weights.left_right.cols() / 2;
  const Arithmetic arithmetic = weights.left_right.arithmetic();
  const Type type = operand_type(arithmetic);
  const Array left = temporary(n * e, depth, type);
  const Factor right_factor(*this, 1, depth, n * e, arithmetic);
  ProductArguments p = product_of(msa, weights.left_right);
  apply(weights.layer_norm_input, p.left[0]);
  p.cols = e;
  put(left, p);
  p.after.rows = every(n, 1, e * depth);
  p.after.cols = every(depth);
  multiply(p, arithmetic);
  p.right[0] = right(weights.left_right, e);
  right_factor.put_into(p.after);
  p.after.rows = every(n, 1, e * right_factor.stride);
  p.after.cols = every(right_factor.stride);
  multiply(p, arithmetic);

  const int64_t most = piece_of(n, e * e * n * bytes_of(type));
  const Array outer = temporary(most * e, n * e, type);
  for_pieces(n, most, [&](int64_t first, int64_t count) {
    ProductArguments products;
    products.rows = count * e;
    products.cols = n * e;
    products.depth = depth;
    products.left[0].x = view(left, first * e);
    products.right[0] = right_factor.right();
    put(outer, products);
    multiply(products, arithmetic);
    ProductArguments out = product_of(outer, 0, count * n, weights.output_w);
    out.left[0].x.rows = every(n, e * n * e, e);
    out.left[0].x.cols = every(e, n * e, 1);
    out.after.bias = floats(weights.output_b);
    out.after.bias_cols = pair.cols();
    out.after.factor = 1.0f / (1e-3f + static_cast<float>(depth));
    out.after.accumulate = true;
    put(pair, out, first * n);
    multiply(out, weights.output_w.arithmetic());
  });
}

// --- MSA attention

void CudaBackend::msa_attention(const MsaAttention& weights, const Array& pair, Array& msa) {
  const int64_t n = tokens_of(pair.rows()), heads = weights.heads, width = weights.v_projection.cols();
  const int64_t dim = width / heads, depth = msa.rows() / n;
  const Arithmetic arithmetic = weights.v_projection.arithmetic();
  const Array softmaxes = pair_logits(pair, weights.pair_norm, weights.pair_logits);
  launch(softmax_kernel(), warp_grid(heads * n), SoftmaxArguments{floats(softmaxes), heads * n, n});
  const int64_t most =
      piece_of(depth, packed_size(n, width, arithmetic) + 2 * n * width * bytes_of(Type::float32));
  const Array gate = temporary(most * n, width), o = temporary(most * n, width);
  for_pieces(depth, most, [&](int64_t first, int64_t count) {
    // Columns (s, d) of head h, along the tokens.
    const Factor v(*this, heads, n, count * dim, arithmetic);
    ProductArguments p = product_of(msa, first * n, count * n, weights.v_projection);
    apply(weights.act_norm, p.left[0]);
    v.put_into(p.after);
    p.after.rows = every(n, dim * v.stride, 1);
    p.after.cols = every(dim, v.matrix, v.stride);
    multiply(p, arithmetic);

    ProductArguments average;
    average.rows = average.depth = n;
    average.cols = count * dim;
    average.left[0].x = {floats(softmaxes), Stored::float32, every(n), every(1), n * n};
    average.right[0] = v.right();
    put(o, average);
    average.after.cols = every(dim, n * width, 1);
    average.after.batch = dim;
    multiply(average, arithmetic, heads);

    p = product_of(msa, first * n, count * n, weights.gating_query);
    apply(weights.act_norm, p.left[0]);
    put(gate, p);
    multiply(p, weights.gating_query.arithmetic());
    p = product_of(o, 0, count * n, weights.output_projection);
    gate_by(gate, 0, width, p.left[0]);
    put(msa, p, first * n);
    p.after.accumulate = true;
    multiply(p, weights.output_projection.arithmetic());
  });
}

// --- For the memory plan

int64_t CudaBackend::pair_scratch_bytes(int64_t tokens, int64_t channels, int64_t width) const {
  const int64_t line = tokens * std::max(width * 5, channels) * bytes_of(Type::float32);
  return std::max(std::min(pieces_.bytes, tokens * line), line);
}

// The outer products of a token, or the MSA attention of a row.
int64_t CudaBackend::msa_scratch_bytes(int64_t tokens, int64_t, const MsaSizes& msa) const {
  const int64_t outer = msa.outer_channels * msa.outer_channels * tokens * bytes_of(Type::float32);
  const int64_t row = 3 * tokens * msa.width * bytes_of(Type::float32);
  return std::max({pieces_.bytes, outer, row});
}

}  // namespace pleat::cuda
