// Products of float32 values: the implementation of kernels/gemm.h for float32 without AMX, and for operands
// rounded to bfloat16 without instructions for it. For gemm.cc.
#pragma once

#include <cstdint>

#include "kernels/gemm.h"
#include "kernels/matrix.h"

namespace pleat::kernels {

// B in panels of as many columns as the instruction set's tile is wide (the last one narrower), each
// [K][width].
struct Panels {
  const void* data;
  int64_t rows, cols;
  Storage storage;  // of the values; bfloat16 becomes float32 block by block
};

// The number of values in the panels of a [rows, cols] matrix.
int64_t panels_size(int64_t rows, int64_t cols);
// Packs B(k, n) = data[k * row_stride + n * col_stride] into out (64-byte aligned, panels_size values).
void pack_panels(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
                 Storage storage, void* out);

// The implementation of pack_row.
void pack_panel_row(ConstMat x, Panels b, int64_t stride, int64_t row, int64_t first);

// C = A B, or C += A B. Sums over k in increasing order, in blocks of 192.
void panel_gemm(ConstMat a, Panels b, Mat c, bool accumulate);
// C = activation(G W) * (V U).
void gated_panel_gemm(Activation activation, ConstMat g, Panels w, ConstMat v, Panels u, Mat c);

}  // namespace pleat::kernels
