// Arrays of a backend: handles with shape and type; only the backend knows where the elements are.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/error.h"

namespace pleat::ops {

// bfloat16 is only a storage type: operations compute in float32 and round each result once.
enum class Type : uint8_t { float32, bfloat16, int32 };

constexpr int64_t bytes_of(Type type) { return type == Type::bfloat16 ? 2 : 4; }

// Where an array of its own memory is: in the backend's memory, or in the host's, which a device reads and writes more
// slowly. For a backend on the host the two are the same.
enum class Location : uint8_t { backend, host };

// The memory behind a handle; each backend derives its own kind.
class Held {
 public:
  Held() = default;
  virtual ~Held() = default;
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
};

// A row-major matrix [rows, cols] in the memory of the backend that made it (Backend::make, temporary,
// upload). Tensors with more axes are flattened: the comment at each use says which axes make a row. The
// handle owns the memory and moves; it must not outlive its backend.
class Array {
 public:
  Array() = default;
  Array(int64_t rows, int64_t cols, Type type, std::unique_ptr<Held> memory)
      : rows_(rows), cols_(cols), type_(type), memory_(std::move(memory)) {}

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  int64_t size() const { return rows_ * cols_; }
  Type type() const { return type_; }
  // Whether the array is absent, such as an optional bias or offset.
  bool empty() const { return memory_ == nullptr; }

  // For the backend that made the array.
  template <class Memory>
  Memory& memory() const {
    PLEAT_ASSERT(memory_ != nullptr);
    return static_cast<Memory&>(*memory_);
  }

 private:
  int64_t rows_ = 0, cols_ = 0;
  Type type_ = Type::float32;
  std::unique_ptr<Held> memory_;
};

}  // namespace pleat::ops
