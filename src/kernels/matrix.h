// Views of row-major float matrices: what every kernel reads and writes.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "tensor/tensor.h"

namespace pleat {

// Element (r, c) is data[r * stride + c]; columns are contiguous, rows may be spread (a column of the pair
// tensor is a matrix with stride N * C).
template <class T>
struct MatrixView {
  T* data = nullptr;
  int64_t rows = 0, cols = 0, stride = 0;

  MatrixView() = default;
  MatrixView(T* data, int64_t rows, int64_t cols) : data(data), rows(rows), cols(cols), stride(cols) {}
  MatrixView(T* data, int64_t rows, int64_t cols, int64_t stride)
      : data(data), rows(rows), cols(cols), stride(stride) {}
  operator MatrixView<const T>() const { return {data, rows, cols, stride}; }

  T* row(int64_t r) const { return data + r * stride; }
  MatrixView rows_at(int64_t first, int64_t count) const {
    return {data + first * stride, count, cols, stride};
  }
  MatrixView cols_at(int64_t first, int64_t count) const { return {data + first, rows, count, stride}; }
};

using Mat = MatrixView<float>;
using ConstMat = MatrixView<const float>;

inline bool same_matrix(ConstMat a, ConstMat b) {
  return a.data == b.data && a.rows == b.rows && a.cols == b.cols && a.stride == b.stride;
}

// All leading axes as rows, the last one as columns.
inline Mat matrix(Tensor<float>& t) { return {t.data(), t.size() / t.dim(-1), t.dim(-1)}; }
inline ConstMat matrix(const Tensor<float>& t) { return {t.data(), t.size() / t.dim(-1), t.dim(-1)}; }

}  // namespace pleat
