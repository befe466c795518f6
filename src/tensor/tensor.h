// Dense row-major arrays of one element type, 64-byte aligned, owning their memory.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"

namespace pleat {

using Shape = std::vector<int64_t>;

inline int64_t element_count(const Shape& shape) {
  int64_t n = 1;
  for (int64_t d : shape) n *= d;
  return n;
}

// `bytes` > 0 of uninitialised memory, 64-byte aligned, in large pages if it is large and the system has
// them. Free it with std::free. Throws std::bad_alloc.
void* allocate_aligned(size_t bytes);

// bool arrays are Tensor<uint8_t> with 0 or 1; the writer knows their npz type.
template <class T>
class Tensor {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // No axes and no elements. A scalar is a tensor of shape {1}.
  Tensor() : shape_{0} {}
  // All elements zero.
  explicit Tensor(Shape shape) : shape_(std::move(shape)) { allocate(true); }
  Tensor(Shape shape, std::span<const T> values) : shape_(std::move(shape)) {
    allocate(false);
    PLEAT_ASSERT(static_cast<int64_t>(values.size()) == size());
    if (size()) std::memcpy(data(), values.data(), values.size_bytes());
  }
  // Uninitialised elements, for arrays that are written at once.
  static Tensor uninitialised(Shape shape) {
    Tensor t;
    t.shape_ = std::move(shape);
    t.allocate(false);
    return t;
  }

  Tensor(const Tensor& other) : Tensor(other.shape_, other.values()) {}
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(const Tensor& other) { return *this = Tensor(other); }
  Tensor& operator=(Tensor&&) noexcept = default;

  const Shape& shape() const { return shape_; }
  int64_t rank() const { return static_cast<int64_t>(shape_.size()); }
  // Length of an axis; negative axes count from the end.
  int64_t dim(int64_t axis) const { return shape_[static_cast<size_t>(axis < 0 ? axis + rank() : axis)]; }
  int64_t size() const { return element_count(shape_); }
  bool empty() const { return size() == 0; }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::span<T> values() { return {data(), static_cast<size_t>(size())}; }
  std::span<const T> values() const { return {data(), static_cast<size_t>(size())}; }
  T& operator[](int64_t flat) { return data_.get()[flat]; }
  const T& operator[](int64_t flat) const { return data_.get()[flat]; }

  // Element at a full or leading index: t(i, j) of a rank-3 tensor is the first element of row (i, j).
  template <class... I>
  T& operator()(I... index) {
    return data_.get()[offset(index...)];
  }
  template <class... I>
  const T& operator()(I... index) const {
    return data_.get()[offset(index...)];
  }

  // Changes the axes, but not their product.
  void reshape(Shape shape) {
    PLEAT_ASSERT(element_count(shape) == size());
    shape_ = std::move(shape);
  }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };

  template <class... I>
  int64_t offset(I... index) const {
    auto axis = shape_.begin();
    int64_t flat = 0;
    ((flat = flat * *axis++ + static_cast<int64_t>(index)), ...);
    return std::accumulate(axis, shape_.end(), flat, std::multiplies<>());
  }

  void allocate(bool zero) {
    const size_t bytes = static_cast<size_t>(size()) * sizeof(T);
    if (bytes == 0) return;
    data_.reset(static_cast<T*>(allocate_aligned(bytes)));
    if (zero) std::memset(static_cast<void*>(data_.get()), 0, bytes);
  }

  Shape shape_;
  std::unique_ptr<T[], Free> data_;
};

}  // namespace pleat
