#include "model/modules.h"

#include <algorithm>
#include <cmath>

#include "kernels/attention.h"

namespace pleat {

// --- TransitionBlock

TransitionBlock::TransitionBlock(const ParameterReader& reader)
    : input_layer_norm_(reader.layer_norm("input_layer_norm")),
      transition1_(reader.gated("transition1")),
      transition2_(reader.linear("transition2")) {}

void TransitionBlock::operator()(const Context& context, StoredMat act) const {
  context.for_row_blocks(act.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const StoredMat rows = act.rows_at(first, count);
    const Mat x = scratch.take(count, act.cols), h = scratch.take(count, transition2_.rows());
    input_layer_norm_(rows, Variance::fast, x);
    gated_gemm(Activation::swish, x, transition1_.gate, x, transition1_.value, h);
    add_gemm(h, transition2_, rows, scratch);
  });
}

// --- TriangleMultiplication

TriangleMultiplication::TriangleMultiplication(const ParameterReader& reader, Triangle kind)
    : kind_(kind),
      left_norm_input_(reader.layer_norm("left_norm_input")),
      center_norm_(reader.layer_norm("center_norm")),
      gating_linear_(reader.linear("gating_linear")),
      output_projection_(reader.linear("output_projection")) {
  // Channels of a and b alternate in the stored projections.
  const Tensor<float> projection = reader.weights("projection"), gate = reader.weights("gate");
  const int64_t channels = projection.dim(1) / 2;
  projection_a_ = reader.packed(columns(projection, 0, channels, 2));
  projection_b_ = reader.packed(columns(projection, 1, channels, 2));
  gate_a_ = reader.packed(columns(gate, 0, channels, 2));
  gate_b_ = reader.packed(columns(gate, 1, channels, 2));
}

// body(rows, first, scratch) for pieces of the lines [line, line + lines): `rows` is a view of the pair, its
// row 0 element `first` of lines * N.
template <class Body>
void TriangleMultiplication::for_pieces(const Context& context, int64_t tokens, StoredMat pair, Lines lines,
                                        const Body& body) const {
  constexpr int64_t kMostRows = 96;
  const int64_t pieces = (tokens + kMostRows - 1) / kMostRows, size = (tokens + pieces - 1) / pieces;
  context.for_each(lines.count * pieces, [&](int64_t task, Scratch scratch) {
    const int64_t line = task / pieces, k = task % pieces * size;
    const int64_t count = std::min(size, tokens - k), global = lines.first + line;
    const StoredMat rows = kind_ == Triangle::outgoing ? pair.rows_at(global * tokens + k, count)
                                                       : pair.every(tokens, k * tokens + global, count);
    body(rows, line * tokens + k, scratch);
  });
}

// out [C, lines * N]: channel-major, so that each channel is a matrix of the products.
void TriangleMultiplication::project(const Context& context, int64_t tokens, StoredMat pair, Lines lines,
                                     const PackedMatrix& gate, const PackedMatrix& projection,
                                     Mat out) const {
  for_pieces(context, tokens, pair, lines, [&](ConstStoredMat rows, int64_t first, Scratch& scratch) {
    const Mat x = scratch.take(rows.rows, rows.cols), p = scratch.take(rows.rows, rows.cols);
    left_norm_input_(rows, Variance::fast, x);
    gated_gemm(Activation::sigmoid, x, gate, x, projection, p);
    transpose(p, out.cols_at(first, rows.rows));
  });
}

// The right factors of all channels, packed [k][m].
std::vector<PackedView> TriangleMultiplication::right_factors(const Context& context, int64_t tokens,
                                                              StoredMat pair, Context::Scope& scope) const {
  std::vector<PackedView> factors;
  for (int64_t c = 0; c < pair.cols; ++c) factors.push_back(scope.take_packed(context, tokens, tokens));
  const int64_t step = lines_at_once(tokens, pair.cols);
  for (int64_t first = 0; first < tokens; first += step) {
    const Lines lines{first, std::min(step, tokens - first)};
    Context::Scope inner(context);
    const Mat right = inner.take(pair.cols, lines.count * tokens);
    project(context, tokens, pair, lines, gate_b_, projection_b_, right);
    context.for_each(pair.cols, [&](int64_t c, Scratch) {
      pack_columns(right.row(c), 1, tokens, factors[static_cast<size_t>(c)], lines.first, lines.count);
    });
  }
  return factors;
}

void TriangleMultiplication::multiply(const Context& context, int64_t tokens, ConstMat left,
                                      const std::vector<PackedView>& right, Mat product) const {
  constexpr int64_t kColumns = 512;
  const int64_t chunks = (tokens + kColumns - 1) / kColumns, lines = left.cols / tokens;
  context.for_each(left.rows * chunks, [&](int64_t task, Scratch) {
    const int64_t channel = task / chunks, first = task % chunks * kColumns;
    const int64_t count = std::min(kColumns, tokens - first);
    gemm(ConstMat(left.row(channel), lines, tokens),
         columns_of(right[static_cast<size_t>(channel)], first, count),
         Mat(product.row(channel), lines, tokens).cols_at(first, count));
  });
}

void TriangleMultiplication::output(const Context& context, int64_t tokens, ConstMat product, Lines lines,
                                    StoredMat pair) const {
  for_pieces(context, tokens, pair, lines, [&](StoredMat rows, int64_t first, Scratch& scratch) {
    const Mat x = scratch.take(rows.rows, pair.cols), o = scratch.take(rows.rows, pair.cols);
    const Mat y = scratch.take(rows.rows, pair.cols);
    left_norm_input_(rows, Variance::fast, x);
    transpose(product.cols_at(first, rows.rows), o);
    center_norm_(o, Variance::fast, o);
    gated_gemm(Activation::sigmoid, x, gating_linear_, o, output_projection_, y);
    add(y, rows);
  });
}

int64_t TriangleMultiplication::lines_at_once(int64_t tokens, int64_t channels) {
  constexpr int64_t kMostValues = int64_t{1} << 25;  // of an intermediate of all channels
  const int64_t blocks = std::max<int64_t>(1, kMostValues / (tokens * channels * kPackedColumns));
  return std::min(tokens, blocks * kPackedColumns);
}

// Lines are updated after their left factors were made; the right factors of all lines come before any
// update.
void TriangleMultiplication::operator()(const Context& context, int64_t tokens, StoredMat pair) const {
  Context::Scope scope(context);
  const std::vector<PackedView> right = right_factors(context, tokens, pair, scope);
  const int64_t step = lines_at_once(tokens, pair.cols);
  for (int64_t first = 0; first < tokens; first += step) {
    const Lines lines{first, std::min(step, tokens - first)};
    Context::Scope inner(context);
    const Mat left = inner.take(pair.cols, lines.count * tokens), product = inner.take(left.rows, left.cols);
    project(context, tokens, pair, lines, gate_a_, projection_a_, left);
    multiply(context, tokens, left, right, product);
    output(context, tokens, product, lines, pair);
  }
}

// --- GridSelfAttention

GridSelfAttention::GridSelfAttention(const ParameterReader& reader, bool transpose)
    : transpose_(transpose),
      act_norm_(reader.layer_norm("act_norm")),
      pair_bias_projection_(reader.linear("pair_bias_projection")),
      // Stored [heads, head_dim, in], and [out, in] for the gate; v_projection is [in, heads, head_dim].
      qkv_(reader.packed(
          side_by_side({reader.transposed_weights("q_projection"), reader.transposed_weights("k_projection"),
                        reader.weights("v_projection")}))),
      gating_query_(reader.packed(reader.transposed_weights("gating_query"))),
      output_projection_(reader.linear("output_projection")) {
  const Shape shape = reader.values("q_projection:weights").shape();
  heads_ = shape[0];
  head_dim_ = shape[1];
}

// One row (or column) of the pair representation: queries and keys are its tokens.
void GridSelfAttention::attend(ConstMat bias, StoredMat rows, Scratch& scratch) const {
  const int64_t n = rows.rows, width = heads_ * head_dim_;
  const Mat x = scratch.take(n, rows.cols), qkv = scratch.take(n, 3 * width);
  const Mat gate = scratch.take(n, width), o = scratch.take(n, width);
  float* logits = scratch.take(48, n).data;
  act_norm_(rows, Variance::fast, x);
  gemm(x, qkv_, qkv);
  gemm(x, gating_query_, gate);
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim_));
  for (int64_t h = 0; h < heads_; ++h) {
    const Mat q = qkv.cols_at(h * head_dim_, head_dim_), k = qkv.cols_at(width + h * head_dim_, head_dim_);
    const Mat v = qkv.cols_at(2 * width + h * head_dim_, head_dim_);
    const PackedView keys_t = scratch.take_packed(k.data, head_dim_, n, 1, k.stride);
    const PackedView values = scratch.take_packed(v.data, n, head_dim_, v.stride, 1);
    attention(q, keys_t, values, scale, ConstMat(bias.row(h), n, n), o.cols_at(h * head_dim_, head_dim_),
              logits);
  }
  sigmoid_multiply(gate, o);
  add_gemm(o, output_projection_, rows, scratch);
}

void GridSelfAttention::operator()(const Context& context, int64_t tokens, StoredMat pair) const {
  Context::Scope scope(context);
  const Mat bias = scope.take(heads_, pair.rows);
  pair_logits(context, pair, act_norm_, Variance::fast, pair_bias_projection_, bias);
  context.for_each(tokens, [&](int64_t r, Scratch scratch) {
    attend(bias, transpose_ ? pair.every(tokens, r, tokens) : pair.rows_at(r * tokens, tokens), scratch);
  });
}

// --- OuterProductMean

OuterProductMean::OuterProductMean(const ParameterReader& reader)
    : layer_norm_input_(reader.layer_norm("layer_norm_input")),
      left_right_(reader.joined({"left_projection", "right_projection"})),
      output_b_(reader.values(":output_b")) {
  Tensor<float> w = reader.values(":output_w");
  outer_ = w.dim(0);
  w.reshape({outer_ * outer_, w.dim(2)});
  output_w_ = reader.packed(w);
}

void OuterProductMean::operator()(const Context& context, int64_t tokens, ConstMat msa,
                                  StoredMat pair) const {
  Context::Scope scope(context);
  const int64_t depth = msa.rows / tokens, width = tokens * outer_;
  const Mat left = scope.take(depth, width), right = scope.take(depth, width),
            left_t = scope.take(width, depth);
  context.for_row_blocks(msa.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, msa.cols), lr = scratch.take(count, 2 * outer_);
    layer_norm_input_(msa.rows_at(first, count), Variance::fast, x);
    gemm(x, left_right_, lr);
    copy(lr.cols_at(0, outer_), Mat(left.data + first * outer_, count, outer_));
    copy(lr.cols_at(outer_, outer_), Mat(right.data + first * outer_, count, outer_));
  });
  context.for_row_blocks(width, [&](int64_t first, int64_t count, Scratch) {
    transpose(left.cols_at(first, count), left_t.rows_at(first, count));
  });
  const PackedView packed_right = scope.pack(context, right);
  const float norm = 1.0f / (1e-3f + static_cast<float>(depth));
  context.for_each(tokens, [&](int64_t i, Scratch scratch) {
    // outer[c][j * E + e] = sum_s l[s, i, c] r[s, j, e], then by rows j: [c * E + e].
    const Mat outer = scratch.take(outer_, width), by_token = scratch.take(tokens, outer_ * outer_);
    gemm(left_t.rows_at(i * outer_, outer_), packed_right, outer);
    for (int64_t c = 0; c < outer_; ++c)
      copy(Mat(outer.row(c), tokens, outer_), by_token.cols_at(c * outer_, outer_));
    const Mat y = scratch.take(tokens, pair.cols);
    gemm(by_token, output_w_, y);
    add_row(output_b_.data(), y);
    pleat::multiply(norm, y);
    add(y, pair.rows_at(i * tokens, tokens));
  });
}

// --- MsaAttention

MsaAttention::MsaAttention(const ParameterReader& reader)
    : act_norm_(reader.layer_norm("act_norm")),
      pair_norm_(reader.layer_norm("pair_norm")),
      pair_logits_(reader.linear("pair_logits")),
      v_projection_(reader.linear("v_projection")),
      gating_query_(reader.linear("gating_query")),
      output_projection_(reader.linear("output_projection")) {
  const Shape shape = reader.values("v_projection:weights").shape();
  heads_ = shape[1];
  head_dim_ = shape[2];
}

void MsaAttention::operator()(const Context& context, int64_t tokens, Mat msa, ConstStoredMat pair) const {
  Context::Scope scope(context);
  const Mat weights = scope.take(heads_, pair.rows);
  pair_logits(context, pair, pair_norm_, Variance::fast, pair_logits_, weights);
  context.for_row_blocks(heads_ * tokens, [&](int64_t first, int64_t count, Scratch) {
    const Mat rows = Mat(weights.data, heads_ * tokens, tokens).rows_at(first, count);
    softmax(rows);
  });

  constexpr int64_t kMsaRows = 16;  // rows of the MSA that share one product per head
  const int64_t depth = msa.rows / tokens;
  context.for_each((depth + kMsaRows - 1) / kMsaRows, [&](int64_t task, Scratch scratch) {
    const int64_t s0 = task * kMsaRows, count = std::min(kMsaRows, depth - s0);
    const Mat rows = msa.rows_at(s0 * tokens, count * tokens);
    const int64_t width = heads_ * head_dim_;
    const Mat x = scratch.take(rows.rows, msa.cols), v = scratch.take(rows.rows, width);
    const Mat o = scratch.take(rows.rows, width), gate = scratch.take(rows.rows, width);
    const Mat vh = scratch.take(tokens, count * head_dim_), oh = scratch.take(tokens, count * head_dim_);
    act_norm_(rows, Variance::fast, x);
    gemm(x, v_projection_, v);
    for (int64_t h = 0; h < heads_; ++h) {
      const auto row_of = [&](Mat m, int64_t s) {
        return m.rows_at(s * tokens, tokens).cols_at(h * head_dim_, head_dim_);
      };
      for (int64_t s = 0; s < count; ++s) copy(row_of(v, s), vh.cols_at(s * head_dim_, head_dim_));
      gemm(ConstMat(weights.row(h), tokens, tokens),
           scratch.take_packed(vh.data, tokens, vh.cols, vh.stride, 1), oh);
      for (int64_t s = 0; s < count; ++s) copy(oh.cols_at(s * head_dim_, head_dim_), row_of(o, s));
    }
    gemm(x, gating_query_, gate);
    sigmoid_multiply(gate, o);
    gemm(o, output_projection_, rows, true);
  });
}

// --- The stacks' blocks

PairLayers::PairLayers(const ParameterReader& reader)
    : outgoing_(reader.in("triangle_multiplication_outgoing"), Triangle::outgoing),
      incoming_(reader.in("triangle_multiplication_incoming"), Triangle::incoming),
      attention1_(reader.in("pair_attention1"), false),
      attention2_(reader.in("pair_attention2"), true),
      transition_(reader.in("pair_transition")) {}

void PairLayers::operator()(const Context& context, int64_t tokens, StoredMat pair) const {
  outgoing_(context, tokens, pair);
  incoming_(context, tokens, pair);
  attention1_(context, tokens, pair);
  attention2_(context, tokens, pair);
  transition_(context, pair);
}

EvoformerIteration::EvoformerIteration(const ParameterReader& reader)
    : outer_product_mean_(reader.in("outer_product_mean")),
      msa_attention_(reader.in("msa_attention1")),
      msa_transition_(reader.in("msa_transition")),
      pair_layers_(reader) {}

void EvoformerIteration::operator()(const Context& context, int64_t tokens, Mat msa, StoredMat pair) const {
  outer_product_mean_(context, tokens, msa, pair);
  msa_attention_(context, tokens, msa, pair);
  msa_transition_(context, msa);
  pair_layers_(context, tokens, pair);
}

PairFormerIteration::PairFormerIteration(const ParameterReader& reader)
    : pair_layers_(reader),
      single_pair_logits_norm_(reader.layer_norm("single_pair_logits_norm")),
      single_attention_layer_norm_(reader.layer_norm("single_attention_layer_norm")),
      single_pair_logits_projection_(reader.linear("single_pair_logits_projection")),
      qkvg_(reader.joined({"single_attention_q_projection", "single_attention_k_projection",
                           "single_attention_v_projection", "single_attention_gating_query"})),
      transition2_(reader.linear("single_attention_transition2")),
      q_bias_(reader.values("single_attention_q_projection:bias")),
      heads_(q_bias_.dim(0)),
      single_transition_(reader.in("single_transition")) {}

void PairFormerIteration::single_attention(const Context& context, ConstStoredMat pair, Mat single) const {
  Context::Scope scope(context);
  const int64_t tokens = single.rows, width = q_bias_.size();
  const Mat bias = scope.take(heads_, pair.rows), qkvg = scope.take(tokens, 4 * width),
            o = scope.take(tokens, width);
  pair_logits(context, pair, single_pair_logits_norm_, Variance::fast, single_pair_logits_projection_, bias);
  context.for_row_blocks(tokens, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, single.cols), y = qkvg.rows_at(first, count);
    single_attention_layer_norm_(single.rows_at(first, count), Variance::slow, x);
    gemm(x, qkvg_, y);
    add_row(q_bias_.data(), y.cols_at(0, width));
  });
  multi_head_attention(context, tokens, heads_, qkvg.cols_at(0, 3 * width), bias, o);
  context.for_row_blocks(tokens, [&](int64_t first, int64_t count, Scratch) {
    const Mat rows = o.rows_at(first, count);
    sigmoid_multiply(qkvg.rows_at(first, count).cols_at(3 * width, width), rows);
    gemm(rows, transition2_, single.rows_at(first, count), true);
  });
}

void PairFormerIteration::operator()(const Context& context, StoredMat pair, Mat single) const {
  pair_layers_(context, single.rows, pair);
  single_attention(context, pair, single);
  single_transition_(context, single);
}

// --- Shared

void pair_logits(const Context& context, ConstStoredMat pair, const LayerNorm& norm, Variance variance,
                 PackedView w, Mat out) {
  context.for_row_blocks(pair.rows, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, pair.cols), y = scratch.take(count, w.cols);
    norm(pair.rows_at(first, count), variance, x);
    gemm(x, w, y);
    transpose(y, out.cols_at(first, count));
  });
}

void multi_head_attention(const Context& context, int64_t tokens, int64_t heads, ConstMat qkv, ConstMat bias,
                          Mat out) {
  const int64_t width = out.cols, dim = width / heads, groups = qkv.rows / tokens;
  const float scale = 1.0f / std::sqrt(static_cast<float>(dim));
  context.for_each(groups * heads, [&](int64_t task, Scratch scratch) {
    const int64_t h = task % heads, first = task / heads * tokens;
    const ConstMat rows = qkv.rows_at(first, tokens);
    const ConstMat q = rows.cols_at(h * dim, dim), k = rows.cols_at(width + h * dim, dim);
    const ConstMat v = rows.cols_at(2 * width + h * dim, dim);
    const PackedView keys_t = scratch.take_packed(k.data, dim, tokens, 1, k.stride);
    const PackedView values = scratch.take_packed(v.data, tokens, dim, v.stride, 1);
    attention(q, keys_t, values, scale, ConstMat(bias.row(h), tokens, tokens),
              out.rows_at(first, tokens).cols_at(h * dim, dim), scratch.take(48, tokens).data);
  });
}

}  // namespace pleat
