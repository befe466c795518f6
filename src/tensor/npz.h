// NumPy's .npz: a zip of .npy arrays.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"

namespace pleat {

// An array whose element type is known at run time: raw little-endian C-order bytes. A scalar has shape {}.
struct NpyArray {
  DType dtype = DType::f32;
  Shape shape;
  std::string bytes;

  template <class T>
  static NpyArray from(
      const Tensor<T>& values);  // dtype by T: float, double, int8_t, int32_t, int64_t, uint8_t
  static NpyArray boolean(const Tensor<uint8_t>& values);  // as bool
  static NpyArray f16(const Tensor<float>& values);        // rounded to half precision
  static NpyArray scalar(int32_t value);

  // The elements converted to T (f16 and bf16 widen; bool gives 0 and 1). Throws Error when a value does not
  // fit T's range, or a conversion to integers would lose a fraction. A scalar gets shape {1}.
  template <class T>
  Tensor<T> as() const;
};

// Arrays in file order.
using NpzArrays = std::vector<std::pair<std::string, NpyArray>>;

// Reads all arrays, stored or deflated; Fortran order (NumPy's choice for transposed arrays) becomes C order.
// Throws Error naming the file and the array: not a zip archive, truncated, bad checksum, unknown element
// type.
std::map<std::string, NpyArray> read_npz(const fs::path& path);

// Writes the file whole or not at all. Names are unique. Deflated when `compress` (numpy.savez_compressed), else
// stored. Time stamps are fixed (1980-01-01), so equal arrays give equal bytes. Sizes above 4 GiB use zip64.
void write_npz(const fs::path& path, const NpzArrays& arrays, bool compress);

}  // namespace pleat
