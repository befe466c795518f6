// Memory of the CPU's arrays and weights, and views for the kernels.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "kernels/matrix.h"
#include "ops/array.h"
#include "ops/weights.h"
#include "tensor/arena.h"

namespace pleat::ops {

using kernels::ConstMat;
using kernels::ConstStoredMat;
using kernels::Mat;
using kernels::PackedMatrix;
using kernels::PackedView;
using kernels::Storage;
using kernels::StoredMat;

// Temporary arrays on one stack of bytes. Handles may die in any order: a piece is free when it and all
// pieces above it are gone. So memory never moves, and the stack holds its deepest use. Not thread-safe.
class Stack {
 public:
  // The bytes, and the piece's number for give_back.
  struct Piece {
    std::byte* bytes;
    size_t number;
  };
  Piece take(int64_t bytes);
  void give_back(size_t number);

  // For intermediates of one operation, freed in reverse order.
  Arena& arena() { return arena_; }
  void trim() { arena_.trim(); }

 private:
  struct Taken {
    size_t below;  // bytes in use before it
    bool gone;
  };
  Arena arena_;
  std::vector<Taken> pieces_;
};

// The elements of an array, on a stack or in their own memory.
class CpuElements : public Held {
 public:
  CpuElements(Stack& stack, int64_t bytes);
  explicit CpuElements(int64_t bytes);  // zero
  ~CpuElements() override;

  std::byte* bytes() const { return piece_.bytes; }

 private:
  Stack* stack_ = nullptr;
  Stack::Piece piece_{};
};

// Weights packed for the instruction set in use.
struct CpuPacked : Held {
  explicit CpuPacked(PackedMatrix matrix) : matrix(std::move(matrix)) {}
  PackedMatrix matrix;
};

inline PackedView packed(const Linear& w) { return w.packed<CpuPacked>().matrix; }

// Views. A const array gives a read-only view.
template <class T>
T* elements(const Array& a) {
  return reinterpret_cast<T*>(a.memory<CpuElements>().bytes());
}
inline Mat matrix(Array& a) {
  PLEAT_ASSERT(a.type() == Type::float32);
  return {elements<float>(a), a.rows(), a.cols()};
}
inline ConstMat matrix(const Array& a) {
  PLEAT_ASSERT(a.type() == Type::float32);
  return {elements<const float>(a), a.rows(), a.cols()};
}
inline Storage storage_of(Type type) {
  PLEAT_ASSERT(type != Type::int32);
  return type == Type::float32 ? Storage::float32 : Storage::bfloat16;
}
inline StoredMat stored(Array& a) {
  return {a.memory<CpuElements>().bytes(), a.rows(), a.cols(), a.cols(), storage_of(a.type())};
}
inline ConstStoredMat stored(const Array& a) {
  return {a.memory<CpuElements>().bytes(), a.rows(), a.cols(), a.cols(), storage_of(a.type())};
}

// An array of integers, [rows, cols].
class Ints {
 public:
  explicit Ints(const Array& a) : data_(elements<const int32_t>(a)), cols_(a.cols()), size_(a.size()) {
    PLEAT_ASSERT(a.type() == Type::int32);
  }
  int64_t size() const { return size_; }
  int operator[](int64_t flat) const { return data_[flat]; }
  int operator()(int64_t row, int64_t col) const { return data_[row * cols_ + col]; }

 private:
  const int32_t* data_;
  int64_t cols_, size_;
};

// N of a pair [N * N, C].
int64_t tokens_of(const Array& pair);

// The values of a bias or of a norm; null for none.
inline const float* values(const Array& a) { return a.empty() ? nullptr : elements<const float>(a); }

// out = LN(x).
inline void apply(const LayerNorm& norm, ConstStoredMat x, Mat out) {
  kernels::layer_norm(x, values(norm.scale), values(norm.offset), norm.variance, out);
}

}  // namespace pleat::ops
