// Matrix products in float32. C [M, N] = A [M, K] B [K, N], B packed beforehand.
//
// Sums run over k in rising order in blocks of kDepth, whatever M and N are and whichever tile a row falls
// in, so the bits of an element depend on A's row, B's column and the instruction set alone. Serial: callers
// divide the rows.
#pragma once

#include <cstdint>

#include "kernels/matrix.h"

namespace pleat {

// B in the order in which the product reads it: panels of as many columns as the instruction set's tile is
// wide (the last one narrower), each panel [K][width]. Made for the instruction set in use.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  // B(k, n) = data[k * row_stride + n * col_stride].
  PackedMatrix(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride);
  explicit PackedMatrix(ConstMat b) : PackedMatrix(b.data, b.rows, b.cols, b.stride, 1) {}

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  const float* data() const { return values_.data(); }

 private:
  int64_t rows_ = 0, cols_ = 0;
  Tensor<float> values_;
};

// A packed matrix in memory of somebody else (scratch), for operands that are computed.
struct PackedView {
  const float* data = nullptr;
  int64_t rows = 0, cols = 0;

  PackedView() = default;
  PackedView(const float* data, int64_t rows, int64_t cols) : data(data), rows(rows), cols(cols) {}
  PackedView(const PackedMatrix& m) : data(m.data()), rows(m.rows()), cols(m.cols()) {}
};

// Floats that a packed [rows, cols] matrix needs.
int64_t packed_size(int64_t rows, int64_t cols);
// Packs B(k, n) = data[k * row_stride + n * col_stride] into out (64-byte aligned, packed_size floats).
PackedView pack(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
                float* out);

// C = A B, or C += A B when `accumulate`. C must not overlap A or B.
void gemm(ConstMat a, PackedView b, Mat c, bool accumulate = false);

enum class Activation { sigmoid, swish };

// C = activation(G W) * (V U) element by element: gated linear units. G and V may be one matrix. C must not
// overlap the inputs.
void gated_gemm(Activation activation, ConstMat g, PackedView w, ConstMat v, PackedView u, Mat c);

}  // namespace pleat
