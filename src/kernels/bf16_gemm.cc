#include "kernels/bf16_gemm.h"

#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/thread_memory.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bf16_gemm.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"
#include "kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;

constexpr int64_t kBlockDepth = 2 * kBf16x2Step;  // rows of B packed together

// Copies rows k0.. of columns first.. of B to a dense block, with zeros beyond the matrix.
HWY_INLINE void copy_block(const float* from, int64_t depth, int64_t used, int64_t row_stride,
                           int64_t col_stride, float* block) {
  if (depth < kBlockDepth || used < kBf16x2Columns) std::fill_n(block, kBlockDepth * kBf16x2Columns, 0.0f);
  if (row_stride == 1) {
    transpose(ConstMat(from, used, depth, col_stride), Mat(block, depth, used, kBf16x2Columns));
  } else if (col_stride == 1) {
    for (int64_t k = 0; k < depth; ++k) std::copy_n(from + k * row_stride, used, block + k * kBf16x2Columns);
  } else {
    for (int64_t n = 0; n < used; ++n)
      for (int64_t k = 0; k < depth; ++k)
        block[k * kBf16x2Columns + n] = from[k * row_stride + n * col_stride];
  }
}

// Rounds a block into pairs of its rows; the rounding errors stay in the block.
HWY_INLINE void round_block(float* block, uint32_t* out) {
  const D d;
  const hn::RebindToUnsigned<D> du;
  for (int64_t n = 0; n < kBf16x2Columns; n += static_cast<int64_t>(hn::Lanes(d)))
    for (int64_t k = 0; k < kBf16x2Step; ++k) {
      float *even = block + 2 * k * kBf16x2Columns + n, *odd = even + kBf16x2Columns;
      const auto e = hn::Load(d, even), o = hn::Load(d, odd);
      const auto e_round = round_bf16(d, e), o_round = round_bf16(d, o);
      const auto high = hn::And(hn::BitCast(du, o_round), hn::Set(du, 0xffff0000u));
      hn::Store(hn::Or(high, hn::ShiftRight<16>(hn::BitCast(du, e_round))), du, out + k * kBf16x2Columns + n);
      hn::Store(hn::Sub(e, e_round), d, even);
      hn::Store(hn::Sub(o, o_round), d, odd);
    }
}

void PackPairs(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
               int parts, uint32_t* out) {
  HWY_ALIGN float block[kBlockDepth * kBf16x2Columns];
  constexpr int64_t kPart = kBf16x2Step * kBf16x2Columns;
  for (int64_t first = 0; first < cols; first += kBf16x2Columns) {
    const int64_t used = std::min(kBf16x2Columns, cols - first);
    for (int64_t k = 0; k < rows; k += kBlockDepth) {
      copy_block(data + k * row_stride + first * col_stride, std::min(kBlockDepth, rows - k), used,
                 row_stride, col_stride, block);
      for (int p = 0; p < parts; ++p, out += kPart) round_block(block, out);
    }
  }
}

}  // namespace pleat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pleat::kernels {

HWY_EXPORT(PackPairs);

namespace {

// Pairs along K, over all parts: this much of a panel of B stays in the first-level cache beside vectors.
constexpr int64_t kPairsAtOnce = 256;
// Up to this many pairs along K, a few rows pass over all panels of B, which stay in the second-level cache.
// In longer products one panel stays there, and many rows pass over it.
constexpr int64_t kShort = 64;
constexpr int kMostParts = 2, kMostTerms = 3;

int64_t round_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }
int64_t pairs_of(int64_t depth) { return round_up(depth, 2 * kBf16x2Step) / 2; }

// Whether some rows at a time pass over all panels of B, which then stay near.
bool is_short(const Bf16x2Unit& unit, int64_t depth, int parts) {
  return unit.tiles && parts == 1 && pairs_of(depth) <= kShort;
}

// Rows of A that pass over a panel of B together. Short rows: few enough to stay in the first-level cache.
// Longer rows, which come from the second-level cache anyway: many, so that B is seldom read from memory.
int64_t rows_at_once(const Bf16x2Unit& unit, Bf16x2Panels b) {
  constexpr int64_t kFewRows = 96, kManyRows = 192, kMostPairs = 160 << 10;
  const int64_t pairs = pairs_of(b.rows) * b.parts;
  if (!unit.tiles) return pairs <= kShort || kManyRows * pairs > kMostPairs ? kFewRows : kManyRows;
  // Measured on AMX: the rows take about 1.2 MB of a second-level cache of 2 MB.
  constexpr int64_t kTwoTiles = 32, kMostWords = 300 << 10, kMostRows = 384;
  if (is_short(unit, b.rows, b.parts)) return kTwoTiles;
  return std::clamp(kMostWords / pairs / kTwoTiles * kTwoTiles, kFewRows, kMostRows);
}

// Prepares the unit for this thread, and releases it.
class UnitInUse {
 public:
  explicit UnitInUse(const Bf16x2Unit& unit) : unit_(unit) { unit_.begin(); }
  ~UnitInUse() { unit_.end(); }
  UnitInUse(const UnitInUse&) = delete;
  UnitInUse& operator=(const UnitInUse&) = delete;

 private:
  const Bf16x2Unit& unit_;
};

// Some rows of A, split into parts in the units' layout.
class RowPairs {
 public:
  RowPairs(const Bf16x2Unit& unit, ConstMat a, int parts, Arena& arena)
      : unit_(&unit), parts_(parts), rows_(a.rows), pairs_(pairs_of(a.cols)) {
    PLEAT_ASSERT(parts <= kMostParts);
    constexpr int64_t kTile = 16;
    if (is_short(unit, a.cols, parts)) {
      layout_ = {kBf16x2Step, kTile * kBf16x2Step, kTile * pairs_};
    } else {
      // A cache line more than a row's length: strides of a power of two would crowd rows into few cache
      // sets.
      const int64_t stride = pairs_ + 16;
      layout_ = {stride, kBf16x2Step, kTile * stride};
    }
    part_ = (rows_ + kTile - 1) / kTile * layout_.tile;
    data_ = arena.take<uint32_t>(parts * part_);
    for (int64_t r = 0; r < rows_; ++r)
      unit.split(a.row(r), a.cols, parts, data_ + layout_.offset(r), layout_.step, part_);
    const int64_t tall = round_up(rows_, kTile);
    for (int64_t r = rows_; r < tall; ++r) clear_row(r);
  }

  // c = the rows times one panel of B; `next` is the next panel if it needs a prefetch, else null.
  void multiply(const uint32_t* panel, const uint32_t* next, Mat c, bool accumulate) const {
    const int64_t step = unit_->tiles ? pairs_ : kPairsAtOnce / parts_;
    for (int64_t k = 0; k < pairs_; k += step) {
      const uint32_t* b = panel + k * parts_ * kBf16x2Columns;
      const int64_t left = pairs_ - k - step;  // of this panel
      Bf16x2Product::Term terms[kMostTerms];
      const int num_terms = set_terms(data_ + k / kBf16x2Step * layout_.step, b, terms);
      unit_->multiply({.terms = terms,
                       .num_terms = num_terms,
                       .pairs = std::min(step, pairs_ - k),
                       .a_rows = layout_,
                       .b_step = parts_ * kBf16x2Step * kBf16x2Columns,
                       .rows = c.rows,
                       .cols = c.cols,
                       .c = c.data,
                       .c_stride = c.stride,
                       .accumulate = accumulate || k > 0,
                       .ahead = left > 0 ? ahead_of(b + step * parts_ * kBf16x2Columns, std::min(step, left))
                                         : ahead_of(next, std::min(step, pairs_))});
    }
  }

 private:
  void clear_row(int64_t row) {
    for (int p = 0; p < parts_; ++p)
      for (int64_t step = 0; step < pairs_ / kBf16x2Step; ++step)
        std::fill_n(data_ + p * part_ + layout_.offset(row) + step * layout_.step, kBf16x2Step, 0u);
  }

  // The terms for the parts of A and B that start at a and b. Omits the product of the two low parts.
  int set_terms(const uint32_t* a, const uint32_t* b, Bf16x2Product::Term* terms) const {
    if (parts_ == 1) {
      terms[0] = {a, b};
      return 1;
    }
    const uint32_t *a_rest = a + part_, *b_rest = b + kBf16x2Step * kBf16x2Columns;
    terms[0] = {a_rest, b};
    terms[1] = {a, b};
    terms[2] = {a, b_rest};
    return 3;
  }

  Prefetch ahead_of(const uint32_t* b, int64_t pairs) const {
    return b ? Prefetch::of(b, pairs * parts_ * kBf16x2Columns * static_cast<int64_t>(sizeof *b))
             : Prefetch{};
  }

  const Bf16x2Unit* unit_;
  int parts_;
  int64_t rows_, pairs_, part_;
  Bf16x2Rows layout_;
  uint32_t* data_;
};

}  // namespace

int64_t bf16x2_panels_size(int64_t rows, int64_t cols, int parts) {
  return parts * pairs_of(rows) * round_up(cols, kBf16x2Columns);
}

void pack_bf16x2_panels(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
                        int parts, uint32_t* out) {
  HWY_DYNAMIC_DISPATCH(PackPairs)(data, rows, cols, row_stride, col_stride, parts, out);
}

void bf16x2_gemm(const Bf16x2Unit& unit, ConstMat a, Bf16x2Panels b, Mat c, bool accumulate) {
  Arena& arena = thread_memory();
  const UnitInUse in_use(unit);
  const int64_t panel = bf16x2_panels_size(b.rows, kBf16x2Columns, b.parts);
  const int64_t block_rows = rows_at_once(unit, b);
  for (int64_t r = 0; r < a.rows; r += block_rows) {
    const Arena::Scope scope(arena);
    const int64_t rows = std::min(block_rows, a.rows - r);
    const RowPairs block(unit, a.rows_at(r, rows), b.parts, arena);
    const uint32_t* from = b.data;
    for (int64_t n = 0; n < b.cols; n += kBf16x2Columns, from += panel) {
      const bool last = n + kBf16x2Columns >= b.cols, is_near = r > 0 && is_short(unit, b.rows, b.parts);
      block.multiply(from, last || is_near ? nullptr : from + panel,
                     c.rows_at(r, rows).cols_at(n, std::min(kBf16x2Columns, b.cols - n)), accumulate);
    }
  }
}

void gated_bf16x2_gemm(const Bf16x2Unit& unit, Activation activation, ConstMat g, Bf16x2Panels w, ConstMat v,
                       Bf16x2Panels u, Mat c) {
  Arena& arena = thread_memory();
  const UnitInUse in_use(unit);
  const int64_t w_panel = bf16x2_panels_size(w.rows, kBf16x2Columns, w.parts),
                u_panel = bf16x2_panels_size(u.rows, kBf16x2Columns, u.parts);
  const int64_t block_rows = rows_at_once(unit, w);
  for (int64_t r = 0; r < c.rows; r += block_rows) {
    const Arena::Scope scope(arena);
    const int64_t rows = std::min(block_rows, c.rows - r);
    const RowPairs gates(unit, g.rows_at(r, rows), w.parts, arena);
    const RowPairs values = same_matrix(g, v) ? gates : RowPairs(unit, v.rows_at(r, rows), u.parts, arena);
    float* buffer = arena.take<float>(rows * kBf16x2Columns);
    const uint32_t *gate_from = w.data, *value_from = u.data;
    for (int64_t n = 0; n < c.cols; n += kBf16x2Columns, gate_from += w_panel, value_from += u_panel) {
      const bool last = n + kBf16x2Columns >= c.cols, is_near = r > 0 && is_short(unit, w.rows, w.parts);
      const Mat to = c.rows_at(r, rows).cols_at(n, std::min(kBf16x2Columns, c.cols - n));
      const Mat gate(buffer, rows, to.cols, kBf16x2Columns);
      gates.multiply(gate_from, is_near ? nullptr : value_from, gate, false);
      values.multiply(value_from, last || is_near ? nullptr : gate_from + w_panel, to, false);
      if (activation == Activation::swish)
        swish_multiply(gate, to);
      else
        sigmoid_multiply(gate, to);
    }
  }
}

}  // namespace pleat::kernels
#endif
