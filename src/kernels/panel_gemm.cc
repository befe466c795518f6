#include "kernels/panel_gemm.h"

#include <algorithm>
#include <type_traits>

#include "kernels/elementwise.h"
#include "kernels/prefetch.h"
#include "tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/panel_gemm.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"
#include "kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// A tile is kTileRows x kTileVectors vectors of accumulators: 12 of AVX2's 16 registers, 24 of AVX-512's 32.
constexpr int kTileRows = 6;
constexpr int kTileVectors = HWY_TARGET == HWY_AVX2 ? 2 : 4;
constexpr int64_t kDepth = 192;  // rows of B per pass; such a panel stays in the first-level cache
constexpr int64_t kLanes = HWY_MAX_BYTES / sizeof(float);
constexpr int64_t kPanel = kTileVectors * kLanes;
constexpr int kVectorsPerLine = Prefetch::kLine / HWY_MAX_BYTES;

int64_t round_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }
int64_t panel_width(int64_t cols) { return std::min(kPanel, round_up(cols, kLanes)); }

int64_t PackedSize(int64_t rows, int64_t cols) { return rows * round_up(cols, kLanes); }

template <class Value>
Value stored_as(float x) {
  if constexpr (std::is_same_v<Value, float>)
    return x;
  else
    return to_bf16(x);
}

// A whole panel.
HWY_INLINE void copy_rows(const float* from, int64_t rows, int64_t row_stride, float* out) {
  const D d;
  for (int64_t k = 0; k < rows; ++k)
#pragma GCC unroll 4
    for (int v = 0; v < kTileVectors; ++v)
      hn::Store(hn::LoadU(d, from + k * row_stride + v * kLanes), d, out + k * kPanel + v * kLanes);
}

template <class Value>
void pack_as(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
             Value* out) {
  for (int64_t first = 0; first < cols; first += kPanel) {
    const int64_t width = panel_width(cols - first), used = std::min(kPanel, cols - first);
    const float* from = data + first * col_stride;
    // Follows the contiguous values.
    if (std::is_same_v<Value, float> && row_stride == 1) {
      transpose(ConstMat(from, used, rows, col_stride),
                Mat(reinterpret_cast<float*>(out), rows, used, width));
    } else if (std::is_same_v<Value, float> && col_stride == 1 && used == kPanel) {
      copy_rows(from, rows, row_stride, reinterpret_cast<float*>(out));
    } else if (col_stride == 1) {
      for (int64_t k = 0; k < rows; ++k)
        for (int64_t n = 0; n < used; ++n) out[k * width + n] = stored_as<Value>(from[k * row_stride + n]);
    } else {
      for (int64_t n = 0; n < used; ++n)
        for (int64_t k = 0; k < rows; ++k)
          out[k * width + n] = stored_as<Value>(from[k * row_stride + n * col_stride]);
    }
    if (used < width)
      for (int64_t k = 0; k < rows; ++k) std::fill_n(out + k * width + used, width - used, Value{0});
    out += rows * width;
  }
}

void Pack(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
          Storage storage, void* out) {
  if (storage == Storage::bfloat16)
    pack_as(data, rows, cols, row_stride, col_stride, static_cast<uint16_t*>(out));
  else
    pack_as(data, rows, cols, row_stride, col_stride, static_cast<float*>(out));
}

void PackRow(ConstMat x, Panels b, int64_t stride, int64_t row, int64_t first) {
  static_assert(kPanel % kPackedPart == 0);
  const int64_t panel = first / kPanel * kPanel, width = panel_width(b.cols - panel);
  auto* data = const_cast<float*>(static_cast<const float*>(b.data));
  const Mat out(data + b.rows * panel + row * width + first - panel, x.cols, x.rows, stride);
  transpose(x, out);
  if (first + x.rows < b.cols) return;
  for (int64_t c = 0; c < x.cols; ++c) std::fill_n(out.row(c) + x.rows, panel + width - b.cols, 0.0f);
}

// One tile: kRows x (kVectors * lanes) of C from kRows rows of A and one panel of B. `used` columns of the
// last vector are stored.
template <int kRows, int kVectors, bool kAccumulate>
HWY_INLINE void tile(const float* HWY_RESTRICT a, int64_t a_stride, const float* HWY_RESTRICT b,
                     int64_t depth, float* HWY_RESTRICT c, int64_t c_stride, int64_t used,
                     Prefetch ahead = {}) {
  const D d;
  V acc[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) acc[r][v] = hn::Zero(d);
  ahead.prefetch();
  if (kAccumulate) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v += kVectorsPerLine) __builtin_prefetch(c + r * c_stride + v * kLanes);
  }
#pragma GCC unroll 8
  for (int64_t k = 0; k < depth; ++k) {
    V bv[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) bv[v] = hn::Load(d, b + v * kLanes);
    b += kVectors * kLanes;
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const V av = hn::Set(d, a[r * a_stride + k]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) acc[r][v] = hn::MulAdd(av, bv[v], acc[r][v]);
    }
  }
  const bool whole = used == kVectors * kLanes;
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    float* HWY_RESTRICT row = c + r * c_stride;
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      float* at = row + v * kLanes;
      if (v + 1 < kVectors || whole) {
        if (kAccumulate) acc[r][v] = hn::Add(acc[r][v], hn::LoadU(d, at));
        hn::StoreU(acc[r][v], d, at);
      } else {
        const auto mask = hn::FirstN(d, static_cast<size_t>(used - v * kLanes));
        if (kAccumulate) acc[r][v] = hn::Add(acc[r][v], hn::MaskedLoad(mask, d, at));
        hn::BlendedStore(acc[r][v], mask, d, at);
      }
    }
  }
}

// Each tile prefetches its share of `next`.
template <int kVectors, bool kAccumulate>
void panel_rows(ConstMat a, int64_t first_k, int64_t depth, const float* b, Prefetch next, float* c,
                int64_t c_stride, int64_t used) {
  int64_t r = 0;
  const float* from = a.data + first_k;
  Prefetch ahead = next.share(std::max<int64_t>(a.rows / kTileRows, 1));
  for (; r + kTileRows <= a.rows; r += kTileRows) {
    tile<kTileRows, kVectors, kAccumulate>(from + r * a.stride, a.stride, b, depth, c + r * c_stride,
                                           c_stride, used, ahead);
    ahead = ahead.next();
  }
  from += r * a.stride;
  c += r * c_stride;
  switch (a.rows - r) {
    case 1:
      return tile<1, kVectors, kAccumulate>(from, a.stride, b, depth, c, c_stride, used);
    case 2:
      return tile<2, kVectors, kAccumulate>(from, a.stride, b, depth, c, c_stride, used);
    case 3:
      return tile<3, kVectors, kAccumulate>(from, a.stride, b, depth, c, c_stride, used);
    case 4:
      return tile<4, kVectors, kAccumulate>(from, a.stride, b, depth, c, c_stride, used);
    case 5:
      return tile<5, kVectors, kAccumulate>(from, a.stride, b, depth, c, c_stride, used);
  }
}

// The panel of B that begins at its column `first`.
struct Panel {
  const std::byte* data;
  int64_t width, used;  // columns in memory and of B
  Storage storage;

  Panel(Panels b, int64_t first)
      : data(static_cast<const std::byte*>(b.data) + b.rows * first * bytes_of(b.storage)),
        width(panel_width(b.cols - first)),
        used(std::min(kPanel, b.cols - first)),
        storage(b.storage) {}
};

void widen(const std::byte* bf16, int64_t n, float* out) {
  const auto* from = reinterpret_cast<const uint16_t*>(bf16);
  for (int64_t i = 0; i < n; i += kLanes) hn::Store(load_bf16(D(), kLanes, from + i), D(), out + i);
}

// One panel of B times all rows of A, kDepth rows of B at a time.
void multiply_panel(ConstMat a, const Panel& b, int64_t used, float* c, int64_t c_stride, bool accumulate) {
  using Rows = void (*)(ConstMat, int64_t, int64_t, const float*, Prefetch, float*, int64_t, int64_t);
  static constexpr Rows kStore[] = {panel_rows<1, false>, panel_rows<2, false>, panel_rows<3, false>,
                                    panel_rows<4, false>};
  static constexpr Rows kAdd[] = {panel_rows<1, true>, panel_rows<2, true>, panel_rows<3, true>,
                                  panel_rows<4, true>};
  const int64_t vectors = b.width / kLanes;
  HWY_ALIGN float widened[kDepth * kPanel];
  const std::byte* block = b.data;
  for (int64_t k = 0; k < a.cols; k += kDepth) {
    const Rows rows = (accumulate || k > 0 ? kAdd : kStore)[vectors - 1];
    const int64_t depth = std::min(kDepth, a.cols - k), bytes = depth * b.width * bytes_of(b.storage);
    const auto* floats = reinterpret_cast<const float*>(block);
    if (b.storage == Storage::bfloat16) {
      widen(block, depth * b.width, widened);
      floats = widened;
    }
    block += bytes;
    rows(a, k, depth, floats, Prefetch::of(block, bytes), c, c_stride, used);
  }
}

void Gemm(ConstMat a, Panels b, Mat c, bool accumulate) {
  for (int64_t first = 0; first < b.cols; first += kPanel) {
    const Panel panel(b, first);
    multiply_panel(a, panel, panel.used, c.data + first, c.stride, accumulate);
  }
}

void GatedGemm(Activation activation, ConstMat g, Panels w, ConstMat v, Panels u, Mat c) {
  const D d;
  constexpr int64_t kRowsAtOnce = 48;
  HWY_ALIGN float gate[kRowsAtOnce * kPanel];
  HWY_ALIGN float value[kRowsAtOnce * kPanel];
  for (int64_t first = 0; first < w.cols; first += kPanel) {
    const Panel w_panel(w, first), u_panel(u, first);
    for (int64_t r = 0; r < c.rows; r += kRowsAtOnce) {
      const int64_t rows = std::min(kRowsAtOnce, c.rows - r);
      multiply_panel(g.rows_at(r, rows), w_panel, w_panel.width, gate, kPanel, false);
      multiply_panel(v.rows_at(r, rows), u_panel, u_panel.width, value, kPanel, false);
      for (int64_t i = 0; i < rows; ++i) {
        float* to = c.row(r + i) + first;
        for (int64_t n = 0; n < w_panel.used; n += kLanes) {
          const V x = hn::Load(d, gate + i * kPanel + n);
          V y = hn::Mul(sigmoid(d, x), hn::Load(d, value + i * kPanel + n));
          if (activation == Activation::swish) y = hn::Mul(x, y);
          store_first(d, y, w_panel.used - n, to + n);
        }
      }
    }
  }
}

}  // namespace pleat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pleat::kernels {

HWY_EXPORT(PackedSize);
HWY_EXPORT(Pack);
HWY_EXPORT(PackRow);
HWY_EXPORT(Gemm);
HWY_EXPORT(GatedGemm);

int64_t panels_size(int64_t rows, int64_t cols) { return HWY_DYNAMIC_DISPATCH(PackedSize)(rows, cols); }

void pack_panels(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
                 Storage storage, void* out) {
  HWY_DYNAMIC_DISPATCH(Pack)(data, rows, cols, row_stride, col_stride, storage, out);
}

void pack_panel_row(ConstMat x, Panels b, int64_t stride, int64_t row, int64_t first) {
  HWY_DYNAMIC_DISPATCH(PackRow)(x, b, stride, row, first);
}

void panel_gemm(ConstMat a, Panels b, Mat c, bool accumulate) {
  HWY_DYNAMIC_DISPATCH(Gemm)(a, b, c, accumulate);
}

void gated_panel_gemm(Activation activation, ConstMat g, Panels w, ConstMat v, Panels u, Mat c) {
  HWY_DYNAMIC_DISPATCH(GatedGemm)(activation, g, w, v, u, c);
}

}  // namespace pleat::kernels
#endif
