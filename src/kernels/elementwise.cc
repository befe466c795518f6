#include "kernels/elementwise.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"
#include "kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = HWY_MAX_BYTES / sizeof(float);
constexpr float kEpsilon = 1e-5f;

// f(column, used) for every vector of a row; the first `used` lanes belong to the row. Only the last call is
// not known to have all lanes, so only there loads and stores are masked.
template <class F>
HWY_INLINE void for_columns(int64_t cols, F&& f) {
  int64_t c = 0;
  for (; c + kLanes <= cols; c += kLanes) f(c, kLanes);
  if (c < cols) f(c, cols - c);
}

// to = f(value, column, used) of every vector of a row.
template <class F>
HWY_INLINE void map_row(const float* from, float* to, int64_t cols, F&& f) {
  const D d;
  for_columns(cols, [&](int64_t c, int64_t used) HWY_ATTR {
    store_first(d, f(load_first(d, used, from + c), c, used), used, to + c);
  });
}

// The same of a matrix: f(value, row, column, used).
template <class F>
HWY_INLINE void map(ConstMat x, Mat out, F&& f) {
  for (int64_t r = 0; r < x.rows; ++r)
    map_row(x.row(r), out.row(r), x.cols,
            [&](V v, int64_t c, int64_t used) HWY_ATTR { return f(v, r, c, used); });
}

struct Moments {
  float mean, rstd;
};

HWY_INLINE float row_sum(const float* x, int64_t cols) {
  RowSum<D> sum;
  for_vectors(D(), x, cols, [&](V v, int64_t, int64_t part, int64_t) HWY_ATTR { sum.add(v, part); });
  return sum.total();
}

// The sum of (x - centre)^2, without lanes beyond the row.
HWY_INLINE float row_squares(const float* x, int64_t cols, float centre) {
  const D d;
  const V c0 = hn::Set(d, centre);
  RowSum<D> sum;
  for_vectors(d, x, cols, [&](V v, int64_t, int64_t part, int64_t used) HWY_ATTR {
    sum.add_square(keep_first(d, hn::Sub(v, c0), used), part);
  });
  return sum.total();
}

HWY_INLINE Moments fast_moments(const float* x, int64_t cols) {
  const float n = static_cast<float>(cols);
  RowSum<D> sum, squares;
  for_vectors(D(), x, cols, [&](V v, int64_t, int64_t part, int64_t) HWY_ATTR {
    sum.add(v, part);
    squares.add_square(v, part);
  });
  const float mean = sum.total() / n, var = squares.total() / n - mean * mean;
  return {mean, 1.0f / std::sqrt(var + kEpsilon)};
}

HWY_INLINE Moments moments(const float* x, int64_t cols, Variance variance) {
  if (variance == Variance::fast) return fast_moments(x, cols);
  const float n = static_cast<float>(cols);
  const float mean = row_sum(x, cols) / n, var = row_squares(x, cols, mean) / n;
  return {mean, 1.0f / std::sqrt(var + kEpsilon)};
}

// f(row, its moments) for every row. The moments of some rows come first, so that their long chains of
// dependent instructions run side by side.
template <class F>
HWY_INLINE void for_moments(ConstMat x, Variance variance, F&& f) {
  constexpr int64_t kRows = 4, kLine = 16;
  Moments m[kRows];
  for (int64_t first = 0; first < x.rows; first += kRows) {
    const int64_t rows = std::min(kRows, x.rows - first), next = std::min(first + kRows, x.rows);
    // No hardware foresees the next row if it is not beside this one.
    if (x.stride != x.cols)
      for (int64_t r = next; r < std::min(next + kRows, x.rows); ++r)
        for (int64_t c = 0; c < x.cols; c += kLine) __builtin_prefetch(x.row(r) + c);
    for (int64_t r = 0; r < rows; ++r) m[r] = moments(x.row(first + r), x.cols, variance);
    for (int64_t r = 0; r < rows; ++r) f(first + r, m[r]);
  }
}

void LayerNorm(ConstMat x, const float* scale, const float* offset, Variance variance, Mat out) {
  const D d;
  for_moments(x, variance, [&](int64_t r, Moments m) HWY_ATTR {
    const V mean = hn::Set(d, m.mean), rstd = hn::Set(d, m.rstd);
    map_row(x.row(r), out.row(r), x.cols, [&](V v, int64_t c, int64_t used) HWY_ATTR {
      const V s = scale ? hn::Mul(load_first(d, used, scale + c), rstd) : rstd;
      const V y = hn::Mul(s, hn::Sub(v, mean));
      return offset ? hn::Add(y, load_first(d, used, offset + c)) : y;
    });
  });
}

void AdaptiveLayerNorm(ConstMat x, ConstMat gate, ConstMat shift, Mat out) {
  const D d;
  for_moments(x, Variance::slow, [&](int64_t r, Moments m) HWY_ATTR {
    const V mean = hn::Set(d, m.mean), rstd = hn::Set(d, m.rstd);
    map_row(x.row(r), out.row(r), x.cols, [&](V v, int64_t c, int64_t used) HWY_ATTR {
      const V y = hn::Mul(rstd, hn::Sub(v, mean));
      return hn::MulAdd(load_first(d, used, gate.row(r) + c), y, load_first(d, used, shift.row(r) + c));
    });
  });
}

void Sigmoid(Mat x, const float* bias) {
  const D d;
  map(x, x, [&](V v, int64_t, int64_t c, int64_t used) HWY_ATTR {
    return sigmoid(d, bias ? hn::Add(v, load_first(d, used, bias + c)) : v);
  });
}

void SigmoidMultiply(ConstMat gate, Mat x) {
  const D d;
  map(x, x, [&](V v, int64_t r, int64_t c, int64_t used) HWY_ATTR {
    return hn::Mul(v, sigmoid(d, load_first(d, used, gate.row(r) + c)));
  });
}

void SwishMultiply(ConstMat gate, Mat x) {
  const D d;
  map(x, x, [&](V v, int64_t r, int64_t c, int64_t used) HWY_ATTR {
    const V g = load_first(d, used, gate.row(r) + c);
    return hn::Mul(v, hn::Mul(g, sigmoid(d, g)));
  });
}

void Relu(Mat x) {
  const D d;
  map(x, x, [&](V v, int64_t, int64_t, int64_t) HWY_ATTR { return hn::Max(v, hn::Zero(d)); });
}

void AddTo(ConstMat a, Mat x) {
  const D d;
  map(x, x, [&](V v, int64_t r, int64_t c, int64_t used) HWY_ATTR {
    return hn::Add(v, load_first(d, used, a.row(r) + c));
  });
}

void Widen(ConstStoredMat x, Mat out) {
  for (int64_t r = 0; r < x.rows; ++r)
    for_columns(x.cols, [&](int64_t c, int64_t used) HWY_ATTR {
      store_first(D(), load_bf16(D(), used, x.bf16(r) + c), used, out.row(r) + c);
    });
}

void Narrow(ConstMat x, StoredMat out) {
  for (int64_t r = 0; r < x.rows; ++r)
    for_columns(x.cols, [&](int64_t c, int64_t used) HWY_ATTR {
      store_bf16(D(), load_first(D(), used, x.row(r) + c), used, out.bf16(r) + c);
    });
}

void AddToHalves(ConstMat a, StoredMat x) {
  for (int64_t r = 0; r < x.rows; ++r)
    for_columns(x.cols, [&](int64_t c, int64_t used) HWY_ATTR {
      uint16_t* to = x.bf16(r) + c;
      store_bf16(D(), hn::Add(load_bf16(D(), used, to), load_first(D(), used, a.row(r) + c)), used, to);
    });
}

void AddProduct(ConstMat a, ConstMat b, Mat x) {
  const D d;
  map(x, x, [&](V v, int64_t r, int64_t c, int64_t used) HWY_ATTR {
    return hn::MulAdd(load_first(d, used, a.row(r) + c), load_first(d, used, b.row(r) + c), v);
  });
}

void AddRow(const float* row, Mat x) {
  const D d;
  map(x, x, [&](V v, int64_t, int64_t c, int64_t used) HWY_ATTR {
    return hn::Add(v, load_first(d, used, row + c));
  });
}

void Multiply(float factor, Mat x) {
  const D d;
  const V f = hn::Set(d, factor);
  map(x, x, [&](V v, int64_t, int64_t, int64_t) HWY_ATTR { return hn::Mul(v, f); });
}

void Softmax(Mat x) {
  const D d;
  for (int64_t r = 0; r < x.rows; ++r) {
    const V max = map_max(d, x.row(r), x.cols, [](V v, int64_t, int64_t) HWY_ATTR { return v; });
    const float sum = exponentials(d, max, x.row(r), x.cols);
    const V inverse = hn::Set(d, 1.0f / sum);
    map_row(x.row(r), x.row(r), x.cols, [&](V v, int64_t, int64_t) HWY_ATTR { return hn::Mul(v, inverse); });
  }
}

void RoundToBf16(ConstMat x, Mat out) {
  const D d;
  map(x, out, [&](V v, int64_t, int64_t, int64_t) HWY_ATTR { return round_bf16(d, v); });
}

constexpr int64_t kBlockLanes = 4;  // of a 128-bit block, the unit of vector shuffles

// Four elements of each of the rows from, from + step, ..., one row after the other.
template <class T>
HWY_INLINE hn::Vec<T> load_blocks(T t, const float* from, int64_t step) {
  if constexpr (hn::MaxLanes(T()) == kBlockLanes) {
    return hn::LoadU(t, from);
  } else {
    constexpr hn::Half<T> half;
    constexpr auto kRows = static_cast<int64_t>(hn::MaxLanes(half)) / kBlockLanes;
    return hn::Combine(t, load_blocks(half, from + kRows * step, step), load_blocks(half, from, step));
  }
}

// Transposes kLanes rows of four columns. Vector v has rows v, v + 4, ..., so that a transposition within
// blocks keeps the rows of a column in order.
HWY_INLINE void transpose_block(const float* from, int64_t stride, float* to, int64_t to_stride) {
  const D d;
  const int64_t step = kBlockLanes * stride;
  const V a = load_blocks(d, from, step), b = load_blocks(d, from + stride, step),
          c = load_blocks(d, from + 2 * stride, step), e = load_blocks(d, from + 3 * stride, step);
  const V ac = hn::InterleaveLower(d, a, c), be = hn::InterleaveLower(d, b, e);
  hn::StoreU(hn::InterleaveLower(d, ac, be), d, to);
  hn::StoreU(hn::InterleaveUpper(d, ac, be), d, to + to_stride);
  const V ac_high = hn::InterleaveUpper(d, a, c), be_high = hn::InterleaveUpper(d, b, e);
  hn::StoreU(hn::InterleaveLower(d, ac_high, be_high), d, to + 2 * to_stride);
  hn::StoreU(hn::InterleaveUpper(d, ac_high, be_high), d, to + 3 * to_stride);
}

void transpose_elements(ConstMat x, Mat out) {
  for (int64_t r = 0; r < x.rows; ++r)
    for (int64_t c = 0; c < x.cols; ++c) out.row(c)[r] = x.row(r)[c];
}

// Writes whole cache lines of out. The last blocks overlap the ones before them.
void Transpose(ConstMat x, Mat out) {
  if (x.rows < kLanes || x.cols < kBlockLanes) return transpose_elements(x, out);
  constexpr int64_t kLine = 16;
  for (int64_t first = 0; first < x.rows; first += kLine)
    for (int64_t next_c = 0; next_c < x.cols; next_c += kBlockLanes) {
      const int64_t c = std::min(next_c, x.cols - kBlockLanes);
      for (int64_t next_r = first; next_r < std::min(first + kLine, x.rows); next_r += kLanes) {
        const int64_t r = std::min(next_r, x.rows - kLanes);
        transpose_block(x.row(r) + c, x.stride, out.row(c) + r, out.stride);
      }
    }
}

}  // namespace pleat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pleat::kernels {
namespace {

bool same_shape(ConstStoredMat a, ConstStoredMat b) { return a.rows == b.rows && a.cols == b.cols; }
Mat floats(StoredMat x) { return {x.floats(0), x.rows, x.cols, x.stride}; }
ConstMat floats(ConstStoredMat x) { return {x.floats(0), x.rows, x.cols, x.stride}; }

}  // namespace

HWY_EXPORT(LayerNorm);
HWY_EXPORT(AdaptiveLayerNorm);
HWY_EXPORT(Sigmoid);
HWY_EXPORT(SigmoidMultiply);
HWY_EXPORT(SwishMultiply);
HWY_EXPORT(Relu);
HWY_EXPORT(AddTo);
HWY_EXPORT(AddToHalves);
HWY_EXPORT(Widen);
HWY_EXPORT(Narrow);
HWY_EXPORT(AddProduct);
HWY_EXPORT(AddRow);
HWY_EXPORT(Multiply);
HWY_EXPORT(Softmax);
HWY_EXPORT(RoundToBf16);
HWY_EXPORT(Transpose);

void layer_norm(ConstStoredMat x, const float* scale, const float* offset, Variance variance, Mat out) {
  PLEAT_ASSERT(same_shape(x, out));
  const bool is_bf16 = x.storage == Storage::bfloat16;
  if (is_bf16) copy(x, out);
  HWY_DYNAMIC_DISPATCH(LayerNorm)(is_bf16 ? out : floats(x), scale, offset, variance, out);
}

void adaptive_layer_norm(ConstMat x, ConstMat gate, ConstMat shift, Mat out) {
  PLEAT_ASSERT(same_shape(x, out) && same_shape(x, gate) && same_shape(x, shift));
  HWY_DYNAMIC_DISPATCH(AdaptiveLayerNorm)(x, gate, shift, out);
}

void sigmoid(Mat x, const float* bias) { HWY_DYNAMIC_DISPATCH(Sigmoid)(x, bias); }

void sigmoid_multiply(ConstMat gate, Mat x) {
  PLEAT_ASSERT(same_shape(gate, x));
  HWY_DYNAMIC_DISPATCH(SigmoidMultiply)(gate, x);
}

void swish_multiply(ConstMat gate, Mat x) {
  PLEAT_ASSERT(same_shape(gate, x));
  HWY_DYNAMIC_DISPATCH(SwishMultiply)(gate, x);
}

void relu(Mat x) { HWY_DYNAMIC_DISPATCH(Relu)(x); }

void add(ConstMat a, StoredMat x) {
  PLEAT_ASSERT(same_shape(a, x));
  if (x.storage == Storage::bfloat16) return HWY_DYNAMIC_DISPATCH(AddToHalves)(a, x);
  HWY_DYNAMIC_DISPATCH(AddTo)(a, floats(x));
}

void add_product(ConstMat a, ConstMat b, Mat x) {
  PLEAT_ASSERT(same_shape(a, x) && same_shape(b, x));
  HWY_DYNAMIC_DISPATCH(AddProduct)(a, b, x);
}

void add_row(const float* row, Mat x) { HWY_DYNAMIC_DISPATCH(AddRow)(row, x); }
void multiply(float factor, Mat x) { HWY_DYNAMIC_DISPATCH(Multiply)(factor, x); }
void softmax(Mat x) { HWY_DYNAMIC_DISPATCH(Softmax)(x); }
void round_to_bf16(ConstMat x, Mat out) {
  PLEAT_ASSERT(same_shape(x, out));
  HWY_DYNAMIC_DISPATCH(RoundToBf16)(x, out);
}

void transpose(ConstMat x, Mat out) {
  PLEAT_ASSERT(x.rows == out.cols && x.cols == out.rows);
  HWY_DYNAMIC_DISPATCH(Transpose)(x, out);
}

void copy(ConstStoredMat x, StoredMat out) {
  PLEAT_ASSERT(same_shape(x, out));
  if (x.storage == out.storage) {
    const int64_t bytes = x.cols * bytes_of(x.storage);
    for (int64_t r = 0; r < x.rows; ++r) std::copy_n(x.at(r), bytes, out.at(r));
  } else if (x.storage == Storage::bfloat16) {
    HWY_DYNAMIC_DISPATCH(Widen)(x, floats(out));
  } else {
    HWY_DYNAMIC_DISPATCH(Narrow)(floats(x), out);
  }
}

}  // namespace pleat::kernels
#endif
