// Triangle products (algorithms 12 and 13) on the CPU.
//
// Both are o_lm = sum_k a_lk b_mk over the pair's lines l: its rows (outgoing), or its columns with i and j
// exchanged (incoming). The packed factor b of all lines is held whole; a and the product exist for some
// lines at a time.
#include "ops/cpu_triangle.h"

#include <algorithm>

#include "ops/cpu_backend.h"

namespace pleat::ops {
namespace {

using kernels::Packing;

struct Lines {
  int64_t first, count;
};

// The number of pair lines whose left factor and product are held at a time.
int64_t lines_at_once(int64_t tokens, int64_t channels) {
  constexpr int64_t kMostValues = int64_t{1} << 25;  // of an intermediate of all channels
  const int64_t blocks = std::max<int64_t>(1, kMostValues / (tokens * channels * kernels::kPackedColumns));
  return std::min(tokens, blocks * kernels::kPackedColumns);
}

// An odd number of cache lines: with strides of a power of two, lines and channels would crowd into few cache
// sets.
int64_t spread(int64_t floats) {
  constexpr int64_t kLine = 16;
  return (floats + kLine - 1) / kLine * kLine | kLine;
}

// A factor or product of some lines [C, lines, N]: channel-major, so that each channel is a matrix of the
// products.
class Channels {
 public:
  Channels(Scope& scope, int64_t channels, int64_t lines, int64_t tokens)
      : lines_(lines),
        tokens_(tokens),
        line_(spread(tokens)),
        values_(scope.take(channels, spread(lines * line_))) {}

  int64_t channels() const { return values_.rows; }
  // [lines, N] of a channel.
  Mat channel(int64_t c) const { return {values_.row(c), lines_, tokens_, line_}; }
  // [C, count] from element k of a line.
  Mat piece(int64_t line, int64_t k, int64_t count) const { return values_.cols_at(line * line_ + k, count); }

 private:
  int64_t lines_, tokens_, line_;
  Mat values_;
};

// The words between the right factors of two channels.
int64_t packed_stride(int64_t tokens, Packing packing) {
  return spread(kernels::packed_size(tokens, tokens, packing));
}

// The right factors of all channels, each packed [k][m].
class RightFactors {
 public:
  RightFactors(Scope& scope, int64_t channels, int64_t tokens, Packing packing)
      : tokens_(tokens), packing_(packing), values_(scope.take(channels, packed_stride(tokens, packing))) {}

  PackedView channel(int64_t c) const { return {values_.row(c), tokens_, tokens_, packing_}; }
  // x [lines, C]: element k of lines [first, first + x.rows).
  void set(ConstMat x, int64_t k, int64_t first) const {
    kernels::pack_row(x, channel(0), values_.stride, k, first);
  }
  // Whether `set` knows the packing.
  bool by_rows() const { return packing_ == Packing::float32; }

 private:
  int64_t tokens_;
  Packing packing_;
  Mat values_;
};

class TriangleProduct {
 public:
  TriangleProduct(const Workers& workers, Stack& stack, const TriangleMultiplication& weights, Triangle edges,
                  int64_t tokens, StoredMat pair)
      : workers_(workers),
        stack_(stack),
        weights_(weights),
        edges_(edges),
        tokens_(tokens),
        step_(lines_at_once(tokens, pair.cols)),
        pair_(pair) {}

  // The right factors of all lines come before any update; a line's left factor comes before its update.
  void run() const {
    Scope scope(stack_);
    const Arithmetic arithmetic = weights_.b.gate.arithmetic();
    const RightFactors right(scope, pair_.cols, tokens_, kernels::packing_of(tokens_, tokens_, arithmetic));
    right.by_rows() ? set_rows(right) : pack(right);
    for_lines([&](Lines lines) {
      Scope inner(stack_);
      const Channels left(inner, pair_.cols, lines.count, tokens_),
          product(inner, pair_.cols, lines.count, tokens_);
      project(lines, weights_.a, left);
      multiply(left, right, product);
      output(product, lines);
    });
  }

 private:
  template <class Body>
  void for_lines(const Body& body) const {
    for (int64_t first = 0; first < tokens_; first += step_)
      body(Lines{first, std::min(step_, tokens_ - first)});
  }

  // body(rows, line, k, scratch) for pieces of the lines: `rows` is a view of the pair that starts at element
  // k of a line, counted from the first one.
  template <class Body>
  void for_pieces(Lines lines, const Body& body) const {
    constexpr int64_t kRows = 96;  // whole tiles and cache lines
    const int64_t pieces = (tokens_ + kRows - 1) / kRows;
    workers_.for_each(lines.count * pieces, [&](int64_t task, Scratch scratch) {
      const int64_t line = task / pieces, k = task % pieces * kRows;
      const int64_t count = std::min(kRows, tokens_ - k), global = lines.first + line;
      const StoredMat rows = edges_ == Triangle::outgoing ? pair_.rows_at(global * tokens_ + k, count)
                                                          : pair_.every(tokens_, k * tokens_ + global, count);
      body(rows, line, k, scratch);
    });
  }

  void project(Lines lines, const GatedLinear& factor, const Channels& out) const {
    for_pieces(lines, [&](ConstStoredMat rows, int64_t line, int64_t k, Scratch& scratch) {
      const Mat x = scratch.take(rows.rows, rows.cols), p = scratch.take(rows.rows, rows.cols);
      apply(weights_.left_norm_input, rows, x);
      gate(factor, x, p);
      kernels::transpose(p, out.piece(line, k, rows.rows));
    });
  }

  static void gate(const GatedLinear& factor, ConstMat x, Mat out) {
    kernels::gated_gemm(kernels::Activation::sigmoid, x, packed(factor.gate), x, packed(factor.value), out);
  }

  // The right factors from some elements of as many lines as pack_row takes.
  void set_rows(const RightFactors& out) const {
    constexpr int64_t kLines = kernels::kPackedPart, kElements = 6;  // a block of rows of products
    const int64_t pieces = (tokens_ + kElements - 1) / kElements, groups = (tokens_ + kLines - 1) / kLines;
    workers_.for_each(groups * pieces, [&](int64_t task, Scratch scratch) {
      const int64_t first = task / pieces * kLines, start = task % pieces * kElements;
      const int64_t lines = std::min(kLines, tokens_ - first), count = std::min(kElements, tokens_ - start);
      const Mat x = scratch.take(count * lines, pair_.cols), p = scratch.take(x.rows, x.cols);
      for (int64_t k = 0; k < count; ++k)
        apply(weights_.left_norm_input, elements_of(first, lines, start + k), x.rows_at(k * lines, lines));
      gate(weights_.b, x, p);
      for (int64_t k = 0; k < count; ++k) out.set(p.rows_at(k * lines, lines), start + k, first);
    });
  }

  // Element k of some lines.
  ConstStoredMat elements_of(int64_t first, int64_t lines, int64_t k) const {
    return edges_ == Triangle::outgoing ? pair_.every(tokens_, first * tokens_ + k, lines)
                                        : pair_.rows_at(k * tokens_ + first, lines);
  }

  // The right factors, transposed once more for packings of other layouts.
  void pack(const RightFactors& out) const {
    for_lines([&](Lines lines) {
      Scope inner(stack_);
      const Channels right(inner, pair_.cols, lines.count, tokens_);
      project(lines, weights_.b, right);
      workers_.for_each(pair_.cols, [&](int64_t c, Scratch) {
        const Mat values = right.channel(c);
        kernels::pack_columns(values.data, 1, values.stride, out.channel(c), lines.first, lines.count);
      });
    });
  }

  void multiply(const Channels& left, const RightFactors& right, const Channels& product) const {
    constexpr int64_t kColumns = 512;
    const int64_t chunks = (tokens_ + kColumns - 1) / kColumns;
    workers_.for_each(left.channels() * chunks, [&](int64_t task, Scratch) {
      const int64_t channel = task / chunks, first = task % chunks * kColumns;
      const int64_t count = std::min(kColumns, tokens_ - first);
      kernels::gemm(left.channel(channel), kernels::columns_of(right.channel(channel), first, count),
                    product.channel(channel).cols_at(first, count));
    });
  }

  void output(const Channels& product, Lines lines) const {
    for_pieces(lines, [&](StoredMat rows, int64_t line, int64_t k, Scratch& scratch) {
      const Mat x = scratch.take(rows.rows, pair_.cols), o = scratch.take(rows.rows, pair_.cols);
      const Mat y = scratch.take(rows.rows, pair_.cols);
      apply(weights_.left_norm_input, rows, x);
      kernels::transpose(product.piece(line, k, rows.rows), o);
      apply(weights_.center_norm, o, o);
      kernels::gated_gemm(kernels::Activation::sigmoid, x, packed(weights_.gating_linear), o,
                          packed(weights_.output_projection), y);
      kernels::add(y, rows);
    });
  }

  const Workers& workers_;
  Stack& stack_;
  const TriangleMultiplication& weights_;
  Triangle edges_;
  int64_t tokens_, step_;
  StoredMat pair_;
};

}  // namespace

int64_t triangle_floats(int64_t tokens, int64_t channels, Arithmetic arithmetic) {
  const int64_t right = packed_stride(tokens, kernels::packing_of(tokens, tokens, arithmetic));
  return channels * (right + 2 * spread(lines_at_once(tokens, channels) * spread(tokens)));
}

void CpuBackend::triangle_multiplication(const TriangleMultiplication& weights, Triangle edges, Array& pair) {
  TriangleProduct(workers_, stack_, weights, edges, tokens_of(pair), stored(pair)).run();
}

}  // namespace pleat::ops
