// Views of row-major matrices, which every kernel reads and writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/error.h"
#include "tensor/tensor.h"

namespace pleat::kernels {

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

// The storage of an activation's elements: float32, or rounded to bfloat16 in half the memory.
enum class Storage : uint8_t { float32, bfloat16 };

constexpr int64_t bytes_of(Storage storage) {
  return storage == Storage::float32 ? sizeof(float) : sizeof(uint16_t);
}

// A view of an activation in either storage, for activations as large as the pair. Kernels compute in
// float32: copy and layer_norm read such a view, copy and add write it.
template <class Byte>
struct StoredView {
  Byte* data = nullptr;
  int64_t rows = 0, cols = 0, stride = 0;  // elements
  Storage storage = Storage::float32;

  template <class T>
  using Pointer = std::conditional_t<std::is_const_v<Byte>, const T*, T*>;

  StoredView() = default;
  StoredView(Byte* data, int64_t rows, int64_t cols, int64_t stride, Storage storage)
      : data(data), rows(rows), cols(cols), stride(stride), storage(storage) {}
  template <class T, class = std::enable_if_t<std::is_convertible_v<T*, Pointer<float>>>>
  StoredView(MatrixView<T> m)
      : data(reinterpret_cast<Byte*>(m.data)), rows(m.rows), cols(m.cols), stride(m.stride) {}
  operator StoredView<const Byte>() const { return {data, rows, cols, stride, storage}; }

  Byte* at(int64_t r) const { return data + r * stride * bytes_of(storage); }
  StoredView rows_at(int64_t first, int64_t count) const { return {at(first), count, cols, stride, storage}; }
  // Rows first, first + step, ...
  StoredView every(int64_t step, int64_t first, int64_t count) const {
    return {at(first), count, cols, step * stride, storage};
  }

  // The elements of row r, in the view's storage.
  Pointer<float> floats(int64_t r) const { return reinterpret_cast<Pointer<float>>(at(r)); }
  Pointer<uint16_t> bf16(int64_t r) const { return reinterpret_cast<Pointer<uint16_t>>(at(r)); }
};

using StoredMat = StoredView<std::byte>;
using ConstStoredMat = StoredView<const std::byte>;

// An activation that owns its memory, initially zero.
class StoredTensor {
 public:
  StoredTensor() = default;
  StoredTensor(int64_t rows, int64_t cols, Storage storage)
      : bytes_({rows, cols * bytes_of(storage)}), cols_(cols), storage_(storage) {}

  bool empty() const { return bytes_.empty(); }
  StoredMat view() { return {bytes_.data(), rows(), cols_, cols_, storage_}; }
  ConstStoredMat view() const { return {bytes_.data(), rows(), cols_, cols_, storage_}; }

 private:
  int64_t rows() const { return empty() ? 0 : bytes_.dim(0); }

  Tensor<std::byte> bytes_;
  int64_t cols_ = 0;
  Storage storage_ = Storage::float32;
};

// All leading axes as rows, the last one as columns.
inline Mat matrix(Tensor<float>& t) { return {t.data(), t.size() / t.dim(-1), t.dim(-1)}; }
inline ConstMat matrix(const Tensor<float>& t) { return {t.data(), t.size() / t.dim(-1), t.dim(-1)}; }

}  // namespace pleat::kernels
