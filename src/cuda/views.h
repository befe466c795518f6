// Turns arrays and weights into arguments of kernels.
#pragma once

#include <cmath>

#include "cuda/attention.h"
#include "cuda/memory.h"
#include "cuda/product.h"
#include "ops/backend.h"

namespace pleat::cuda {

inline Stored stored(ops::Type type) {
  PLEAT_ASSERT(type != ops::Type::int32);
  return type == ops::Type::float32 ? Stored::float32 : Stored::bfloat16;
}

// The form of the right operands that a product writes for another.
inline Stored operand_stored(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::split:
      return Stored::split;
    case Arithmetic::bfloat16:
      return Stored::bfloat16;
    case Arithmetic::tf32:
      return Stored::tf32;
    case Arithmetic::float32:
      break;
  }
  return Stored::float32;
}

// The address of element `first`.
inline std::byte* bytes_at(const ops::Array& a, int64_t first = 0) {
  return a.memory<DeviceElements>().bytes() + first * bytes_of(a.type());
}
inline float* floats(const ops::Array& a, int64_t first = 0) {
  PLEAT_ASSERT(a.type() == ops::Type::float32);
  return reinterpret_cast<float*>(bytes_at(a, first));
}
inline const float* values(const ops::Array& a) { return a.empty() ? nullptr : floats(a); }
inline const int32_t* ints(const ops::Array& a) {
  PLEAT_ASSERT(a.type() == ops::Type::int32);
  return reinterpret_cast<const int32_t*>(bytes_at(a));
}

// N of a pair [N * N, C].
inline int64_t tokens_of(int64_t pairs) {
  const auto tokens = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(pairs))));
  PLEAT_ASSERT(tokens * tokens == pairs);
  return tokens;
}

// The storage of activations that only products read.
inline ops::Type operand_type(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::bfloat16 ? ops::Type::bfloat16 : ops::Type::float32;
}

// The stride of a packed right operand: the depth, rounded up, so that copies are aligned and padded with
// zeros.
inline int64_t packed_stride(int64_t depth) { return (depth + 31) / 32 * 32; }
// Bytes of an element, or of one of its parts.
inline int64_t element_bytes(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::float32 || arithmetic == Arithmetic::tf32 ? 4 : 2;
}
inline int64_t packed_size(int64_t depth, int64_t cols, Arithmetic arithmetic) {
  return packed_stride(depth) * cols * (arithmetic == Arithmetic::bfloat16 ? 2 : 4);
}

inline View view(const ops::Array& a, int64_t first_row = 0) {
  return {bytes_at(a, first_row * a.cols()), stored(a.type()), every(a.cols()), every(1), 0};
}
// The right operand of columns from `first_col`.
inline Right right(const ops::Linear& w, int64_t first_col = 0) {
  const int64_t stride = packed_stride(w.rows()), element = element_bytes(w.arithmetic());
  return {w.packed<PackedWeights>().elements.bytes() + first_col * stride * element, stride,
          stride * w.cols(), 0};
}
// The repeating rows of a, from column `first_col`.
inline Repeated repeated(const ops::Array& a, int64_t first_col = 0) {
  return {floats(a) + first_col, static_cast<uint32_t>(a.rows()), a.cols()};
}

inline void apply(const ops::LayerNorm& norm, Left& left) {
  left.before = Before::norm;
  left.fast_variance = norm.variance == ops::Variance::fast;
  left.scale = values(norm.scale);
  left.offset = values(norm.offset);
}

// x W for rows [first, first + count) of x.
inline ProductArguments product_of(const ops::Array& x, int64_t first, int64_t count, const ops::Linear& w) {
  ProductArguments p;
  p.rows = count;
  p.cols = w.cols();
  p.depth = w.rows();
  p.left[0].x = view(x, first);
  p.right[0] = right(w);
  return p;
}
inline ProductArguments product_of(const ops::Array& x, const ops::Linear& w) {
  return product_of(x, 0, x.rows(), w);
}
// gate(x W) * (x V).
inline ProductArguments gated_product_of(const ops::Array& x, int64_t first, int64_t count,
                                         const ops::GatedLinear& w, Gate gate) {
  ProductArguments p = product_of(x, first, count, w.gate);
  p.right[1] = right(w.value);
  p.after.gate = gate;
  return p;
}
// Writes the product to rows from `first`.
inline void put(const ops::Array& out, ProductArguments& p, int64_t first = 0) {
  const View to = view(out, first);
  p.after.out = bytes_at(out, first * out.cols());
  p.after.stored = to.stored;
  p.after.rows = to.rows;
  p.after.cols = to.cols;
}

// x * sigmoid(the last x.cols() columns of projections), row for row.
inline void gate_by(const ops::Array& projections, int64_t first, int64_t width, Left& left) {
  left.before = Before::gate;
  left.other = {floats(projections, first * projections.cols()) + projections.cols() - width, 0xffffffffu,
                projections.cols()};
}

// Self-attention of each group of n rows of x [q, k, v, ..] (`width` columns each) with a bias [heads, n, n],
// into out [rows, width].
inline AttentionArguments self_attention(const ops::Array& x, int64_t n, int64_t width, int64_t heads,
                                         const ops::Array& bias, const ops::Array& out) {
  AttentionArguments a;
  a.q = bytes_at(x);
  a.k = bytes_at(x, width);
  a.v = bytes_at(x, 2 * width);
  a.stored = stored(x.type());
  a.q_token = a.kv_token = x.cols();
  a.q_group = a.kv_group = n * x.cols();
  a.queries = a.keys = n;
  a.head_width = width / heads;
  a.bias = floats(bias);
  a.bias_head = n * n;
  a.bias_query = n;
  a.out = floats(out);
  a.out_token = width;
  a.out_group = n * width;
  return a;
}

// f(first, count) for pieces of [0, total).
template <class F>
void for_pieces(int64_t total, int64_t piece, F&& f) {
  for (int64_t first = 0; first < total; first += piece) f(first, std::min(piece, total - first));
}

}  // namespace pleat::cuda
