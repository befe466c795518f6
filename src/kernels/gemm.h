// Matrix products: C [M, N] = A [M, K] B [K, N], B packed beforehand. A, B and C are float32 in memory, sums
// are float32.
//
// The bits of an element depend only on A's row, B's column, the arithmetic and the instruction set, not on
// M, N or tiles. Serial: callers divide the rows.
#pragma once

#include <cstdint>

#include "kernels/matrix.h"

namespace pleat::kernels {

// The precision of a product's operands: float32, 24 bits; bfloat16, 8 bits, rounded; split, 16 bits as the
// sum of two bfloat16 if AMX multiplies (K and N of 16 or more), else 24; tf32, 11 bits on GPUs, else 24. The
// packing of B decides for every product with it.
enum class Arithmetic { float32, split, bfloat16, tf32 };
const char* name_of(Arithmetic arithmetic);

// The layout of a packed matrix.
enum class Packing : uint8_t {
  float32,      // float32 panels
  bf16,         // bfloat16 panels of the same layout, multiplied as floats
  bf16x2,       // bfloat16 panels for instructions that multiply pairs
  split_bf16x2  // the same of two parts
};

// The packing of a [rows, cols] matrix for an arithmetic on the instruction set in use.
Packing packing_of(int64_t rows, int64_t cols, Arithmetic arithmetic);

// A view of a packed matrix, for computed operands in scratch memory.
struct PackedView {
  const void* data = nullptr;
  int64_t rows = 0, cols = 0;
  Packing packing = Packing::float32;
};

// A packed matrix that owns its memory: weights, packed once for the instruction set in use.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  // B(k, n) = data[k * row_stride + n * col_stride].
  PackedMatrix(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
               Arithmetic arithmetic = Arithmetic::float32);
  explicit PackedMatrix(ConstMat b, Arithmetic arithmetic = Arithmetic::float32)
      : PackedMatrix(b.data, b.rows, b.cols, b.stride, 1, arithmetic) {}

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  operator PackedView() const { return {values_.data(), rows_, cols_, packing_}; }

 private:
  int64_t rows_ = 0, cols_ = 0;
  Packing packing_ = Packing::float32;
  Tensor<uint32_t> values_;
};

// The size of a packed [rows, cols] matrix in words of 4 bytes.
int64_t packed_size(int64_t rows, int64_t cols, Packing packing);
// Packs B(k, n) = data[k * row_stride + n * col_stride] into out (64-byte aligned, packed_size words).
PackedView pack(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
                Packing packing, uint32_t* out);

// A matrix may be packed and read some columns at a time, starting at multiples of kPackedColumns.
constexpr int64_t kPackedColumns = 64;
// Columns [first, first + count) of a packed matrix.
PackedView columns_of(PackedView b, int64_t first, int64_t count);
// Packs data as columns [first, first + count) of b: B(k, first + n) = data[k * row_stride + n * col_stride].
void pack_columns(const float* data, int64_t row_stride, int64_t col_stride, PackedView b, int64_t first,
                  int64_t count);

// Packs a part of a row of many matrices at once, from values that have the matrices as columns: B_c(row,
// first + n) = x(n, c), where B_0 = b and every other matrix lies `stride` words after the one before it. For
// Packing::float32; first is a multiple of kPackedPart, and x has as many rows unless it ends the row.
constexpr int64_t kPackedPart = 16;
void pack_row(ConstMat x, PackedView b, int64_t stride, int64_t row, int64_t first);

// Costs that decide how to divide rows among tasks that multiply them with weights.
struct BlockCosts {
  int64_t tile;     // rows that products take at a time; blocks should be multiples
  int64_t most;     // most rows of a block whose activations stay in the second-level cache
  int64_t weights;  // rows that cost as much as another block's read of a layer's weights
};
BlockCosts block_costs();

// C = A B, or C += A B when `accumulate`. C must not overlap A or B.
void gemm(ConstMat a, PackedView b, Mat c, bool accumulate = false);

enum class Activation { sigmoid, swish };

// C = activation(G W) * (V U) element by element: gated linear units. G and V may be one matrix. C must not
// overlap the inputs.
void gated_gemm(Activation activation, ConstMat g, PackedView w, ConstMat v, PackedView u, Mat c);

}  // namespace pleat::kernels
