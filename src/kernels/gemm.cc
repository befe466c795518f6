#include "kernels/gemm.h"

#include <algorithm>

#include "kernels/bf16_gemm.h"
#include "kernels/elementwise.h"
#include "kernels/isa.h"
#include "kernels/panel_gemm.h"
#include "kernels/thread_memory.h"

namespace pleat::kernels {
namespace {

bool is_paired(Packing packing) { return packing == Packing::bf16x2 || packing == Packing::split_bf16x2; }
bool uses_tiles(Isa isa) { return isa == Isa::amx || isa == Isa::amx_emulated; }
int parts_of(Packing packing) { return packing == Packing::split_bf16x2 ? 2 : 1; }

const Bf16x2Unit& pair_unit() {
  switch (kernel_isa()) {
    case Isa::amx:
      return amx_unit();
    case Isa::amx_emulated:
      return amx_emulated_unit();
    case Isa::avx512_bf16:
      return avx512_bf16_unit();
    default:
      return avx512_bf16_emulated_unit();
  }
}

Storage storage_of(Packing packing) {
  return packing == Packing::bf16 ? Storage::bfloat16 : Storage::float32;
}
Panels panels(PackedView b) { return {b.data, b.rows, b.cols, storage_of(b.packing)}; }
Bf16x2Panels pair_panels(PackedView b) {
  return {static_cast<const uint32_t*>(b.data), b.rows, b.cols, parts_of(b.packing)};
}

// a rounded to bfloat16, in this thread's memory.
ConstMat rounded(ConstMat a) {
  const Mat out(thread_memory().take<float>(a.rows * a.cols), a.rows, a.cols);
  round_to_bf16(a, out);
  return out;
}

// f(first, rows) for blocks of rows whose rounded copies stay in cache.
template <class F>
void for_rounded_blocks(int64_t rows, F&& f) {
  constexpr int64_t kRows = 96;
  for (int64_t first = 0; first < rows; first += kRows) {
    const Arena::Scope scope(thread_memory());
    f(first, std::min(kRows, rows - first));
  }
}

}  // namespace

const char* name_of(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::float32:
      return "float32";
    case Arithmetic::split:
      return "split";
    case Arithmetic::bfloat16:
      return "bfloat16";
    case Arithmetic::tf32:
      return "tf32";
  }
  return "";
}

Packing packing_of(int64_t rows, int64_t cols, Arithmetic arithmetic) {
  const Isa isa = kernel_isa();
  if (arithmetic == Arithmetic::bfloat16) return multiplies_bf16(isa) ? Packing::bf16x2 : Packing::bf16;
  if (arithmetic != Arithmetic::split) return Packing::float32;
  // Three products of bfloat16 on AMX are faster than one of float32 on vectors, unless most of a tile is
  // padding.
  constexpr int64_t kWorthwhile = 16;
  return uses_tiles(isa) && std::min(rows, cols) >= kWorthwhile ? Packing::split_bf16x2 : Packing::float32;
}

int64_t packed_size(int64_t rows, int64_t cols, Packing packing) {
  constexpr int64_t kWord = sizeof(uint32_t);
  if (is_paired(packing)) return bf16x2_panels_size(rows, cols, parts_of(packing));
  return (panels_size(rows, cols) * bytes_of(storage_of(packing)) + kWord - 1) / kWord;
}

PackedView pack(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
                Packing packing, uint32_t* out) {
  if (is_paired(packing)) {
    pack_bf16x2_panels(data, rows, cols, row_stride, col_stride, parts_of(packing), out);
  } else {
    pack_panels(data, rows, cols, row_stride, col_stride, storage_of(packing), out);
  }
  return {out, rows, cols, packing};
}

PackedView columns_of(PackedView b, int64_t first, int64_t count) {
  PLEAT_ASSERT(first % kPackedColumns == 0 && first + count <= b.cols);
  const auto* words = static_cast<const uint32_t*>(b.data) + packed_size(b.rows, first, b.packing);
  return {words, b.rows, count, b.packing};
}

void pack_columns(const float* data, int64_t row_stride, int64_t col_stride, PackedView b, int64_t first,
                  int64_t count) {
  PLEAT_ASSERT(count % kPackedColumns == 0 || first + count == b.cols);
  auto* out = static_cast<uint32_t*>(const_cast<void*>(columns_of(b, first, count).data));
  pack(data, b.rows, count, row_stride, col_stride, b.packing, out);
}

void pack_row(ConstMat x, PackedView b, int64_t stride, int64_t row, int64_t first) {
  PLEAT_ASSERT(b.packing == Packing::float32 && first % kPackedPart == 0 && row < b.rows);
  PLEAT_ASSERT(x.rows == std::min(kPackedPart, b.cols - first));
  pack_panel_row(x, panels(b), stride, row, first);
}

PackedMatrix::PackedMatrix(const float* data, int64_t rows, int64_t cols, int64_t row_stride,
                           int64_t col_stride, Arithmetic arithmetic)
    : rows_(rows),
      cols_(cols),
      packing_(packing_of(rows, cols, arithmetic)),
      values_(Tensor<uint32_t>::uninitialised({packed_size(rows, cols, packing_)})) {
  pack(data, rows, cols, row_stride, col_stride, packing_, values_.data());
}

BlockCosts block_costs() {
  // Tiles multiply about 20 times faster than vectors, but read weights no faster: a core that multiplied 96
  // rows with two parts of each weight would read about 20 GB/s from memory.
  if (uses_tiles(kernel_isa())) return {.tile = 32, .most = 192, .weights = 32};
  // AVX-512-BF16's tile has 8 rows, float32's has 6.
  return {.tile = multiplies_bf16(kernel_isa()) ? 24 : 6, .most = 96, .weights = 4};
}

void gemm(ConstMat a, PackedView b, Mat c, bool accumulate) {
  PLEAT_ASSERT(a.cols == b.rows && a.rows == c.rows && b.cols == c.cols);
  if (is_paired(b.packing)) return bf16x2_gemm(pair_unit(), a, pair_panels(b), c, accumulate);
  if (b.packing == Packing::float32) return panel_gemm(a, panels(b), c, accumulate);
  for_rounded_blocks(a.rows, [&](int64_t first, int64_t rows) {
    panel_gemm(rounded(a.rows_at(first, rows)), panels(b), c.rows_at(first, rows), accumulate);
  });
}

void gated_gemm(Activation activation, ConstMat g, PackedView w, ConstMat v, PackedView u, Mat c) {
  PLEAT_ASSERT(g.cols == w.rows && v.cols == u.rows && w.cols == u.cols && c.cols == w.cols);
  PLEAT_ASSERT(g.rows == c.rows && v.rows == c.rows && w.packing == u.packing);
  if (is_paired(w.packing))
    return gated_bf16x2_gemm(pair_unit(), activation, g, pair_panels(w), v, pair_panels(u), c);
  if (w.packing == Packing::float32) return gated_panel_gemm(activation, g, panels(w), v, panels(u), c);
  for_rounded_blocks(c.rows, [&](int64_t first, int64_t rows) {
    const ConstMat gate = rounded(g.rows_at(first, rows));
    const ConstMat value = same_matrix(g, v) ? gate : rounded(v.rows_at(first, rows));
    gated_panel_gemm(activation, gate, panels(w), value, panels(u), c.rows_at(first, rows));
  });
}

}  // namespace pleat::kernels
