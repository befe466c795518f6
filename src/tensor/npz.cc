#include "tensor/npz.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "tensor/zip.h"

namespace pleat {
namespace {

// NumPy's type strings. NumPy does not know bfloat16 and stores ml_dtypes' bfloat16 as two raw bytes.
struct TypeString {
  const char* text;
  DType dtype;
};
constexpr TypeString kTypeStrings[] = {{"<f4", DType::f32},  {"<f8", DType::f64}, {"<f2", DType::f16},
                                       {"<V2", DType::bf16}, {"|i1", DType::i8},  {"|u1", DType::u8},
                                       {"<i4", DType::i32},  {"<i8", DType::i64}, {"|b1", DType::boolean}};

constexpr std::string_view kMagic = "\x93NUMPY";

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::f32;
  if constexpr (std::is_same_v<T, double>) return DType::f64;
  if constexpr (std::is_same_v<T, int8_t>) return DType::i8;
  if constexpr (std::is_same_v<T, uint8_t>) return DType::u8;
  if constexpr (std::is_same_v<T, int32_t>) return DType::i32;
  if constexpr (std::is_same_v<T, int64_t>) return DType::i64;
}

std::string shape_text(const Shape& shape) {
  std::string text = "(";
  for (int64_t d : shape) text += fmt::format("{}, ", d);
  if (shape.size() > 1) text.erase(text.size() - 2);
  if (shape.size() == 1) text.erase(text.size() - 1);
  return text + ")";
}

// Version 1.0: magic, version, header length, and a Python dictionary, padded so that the data begin at a
// multiple of 64.
std::string npy_header(const NpyArray& array) {
  const auto* type = std::find_if(std::begin(kTypeStrings), std::end(kTypeStrings),
                                  [&](const TypeString& t) { return t.dtype == array.dtype; });
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type->text,
                                   shape_text(array.shape));
  constexpr size_t kPrefix = 10;
  header.append(63 - (kPrefix + header.size()) % 64, ' ');
  header += '\n';
  std::string out(kMagic);
  out += {'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  return out + header;
}

[[noreturn]] void bad_npy(const std::string& what) {
  throw Error("", what, "Save the array with numpy.save or numpy.savez.");
}

// The text after `'key':` in the header's dictionary.
std::string_view header_value(std::string_view header, std::string_view key) {
  const size_t at = header.find(fmt::format("'{}':", key));
  if (at == std::string_view::npos) bad_npy(fmt::format("the .npy header has no '{}'", key));
  header.remove_prefix(at + key.size() + 3);
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

DType parse_type(std::string_view header) {
  const std::string_view value = header_value(header, "descr");
  const std::string_view text = value.substr(0, value.find_first_of(",}"));
  for (const TypeString& type : kTypeStrings) {
    // Raw bytes have no byte order: '|V2' is '<V2'.
    const std::string quoted = fmt::format("'{}'", type.text);
    if (text == quoted || (type.dtype == DType::bf16 && text == "'|V2'")) return type.dtype;
  }
  bad_npy(
      fmt::format("the element type {} is not one of float16, float32, float64, int8, uint8, int32, int64, "
                  "bool in little-endian order",
                  text));
}

Shape parse_shape(std::string_view header) {
  std::string_view value = header_value(header, "shape");
  const size_t close = value.find(')');
  if (value.empty() || value[0] != '(' || close == std::string_view::npos) bad_npy("the shape can't be read");
  const char *at = value.data() + 1, *end = value.data() + close;
  Shape shape;
  while (true) {
    while (at < end && (*at == ' ' || *at == ',')) ++at;
    if (at == end) return shape;
    int64_t dim = 0;
    const auto [next, error] = std::from_chars(at, end, dim);
    if (error != std::errc() || dim < 0) bad_npy("the shape can't be read");
    shape.push_back(dim);
    at = next;
  }
}

// Bytes of `shape`, or nothing when they overflow.
bool fits(const Shape& shape, DType dtype, size_t bytes) {
  uint64_t total = static_cast<uint64_t>(byte_size(dtype));
  for (int64_t d : shape)
    if (__builtin_mul_overflow(total, static_cast<uint64_t>(d), &total)) return false;
  return total == bytes;
}

// Reorders an array from first axis fastest (Fortran) to last axis fastest (C).
std::string c_order(std::string_view stored, const Shape& shape, int64_t width) {
  std::string out(stored.size(), '\0');
  Shape index(shape.size(), 0);
  for (size_t to = 0; to < out.size(); to += static_cast<size_t>(width)) {
    int64_t from = 0;
    for (size_t axis = shape.size(); axis-- > 0;) from = from * shape[axis] + index[axis];
    std::memcpy(&out[to], &stored[static_cast<size_t>(from * width)], static_cast<size_t>(width));
    for (size_t axis = shape.size(); axis-- > 0 && ++index[axis] == shape[axis];) index[axis] = 0;
  }
  return out;
}

NpyArray parse_npy(std::string_view file) {
  if (file.substr(0, kMagic.size()) != kMagic || file.size() < 12) bad_npy("the member is not a .npy array");
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(file[i])); };
  const size_t version = byte(6);
  size_t length = byte(8) | byte(9) << 8, start = 10;
  if (version == 2 || version == 3) {
    length |= byte(10) << 16 | byte(11) << 24;
    start = 12;
  } else if (version != 1) {
    bad_npy(fmt::format("the .npy version {} is unknown", version));
  }
  if (length > file.size() - start) bad_npy("the .npy header is truncated");
  const std::string_view header = file.substr(start, length), data = file.substr(start + length);
  NpyArray array{parse_type(header), parse_shape(header), {}};
  if (!fits(array.shape, array.dtype, data.size()))
    bad_npy(fmt::format("the data have {} bytes, which does not fit {} {}", data.size(), name(array.dtype),
                        shape_text(array.shape)));
  const bool fortran = header_value(header, "fortran_order").starts_with("True");
  array.bytes = fortran ? c_order(data, array.shape, byte_size(array.dtype)) : std::string(data);
  return array;
}

template <class T>
NpyArray raw(DType dtype, const Tensor<T>& values) {
  NpyArray array{dtype, values.shape(), std::string(static_cast<size_t>(values.size()) * sizeof(T), '\0')};
  if (values.size()) std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  return array;
}

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    // The upper bound, a power of two, is exact in floating point where numeric_limits::max is not.
    const From bound = std::ldexp(From(1), std::numeric_limits<To>::digits);
    const From lowest = std::is_signed_v<To> ? -bound : From(0);
    if (!(value >= lowest && value < bound) || value != std::trunc(value))
      throw Error("", fmt::format("the value {} is not of type {}", value, name(dtype_of<To>())));
  } else if constexpr (std::is_integral_v<To>) {
    if (!std::in_range<To>(value))
      throw Error("", fmt::format("the value {} is not of type {}", value, name(dtype_of<To>())));
  } else if constexpr (sizeof(To) < sizeof(From) && std::is_floating_point_v<From>) {
    if (std::isfinite(value) && !std::isfinite(static_cast<To>(value)))
      throw Error("", fmt::format("the value {} is too large for {}", value, name(dtype_of<To>())));
  }
  return static_cast<To>(value);
}

// Elements of stored type S, widened by `widen`, as T.
template <class T, class S, class Widen>
Tensor<T> elements(const NpyArray& array, Widen widen) {
  Tensor<T> out = Tensor<T>::uninitialised(array.shape.empty() ? Shape{1} : array.shape);
  for (int64_t i = 0; i < out.size(); ++i) {
    S stored;
    std::memcpy(&stored, array.bytes.data() + static_cast<size_t>(i) * sizeof(S), sizeof(S));
    out[i] = convert<T>(widen(stored));
  }
  return out;
}

}  // namespace

template <class T>
NpyArray NpyArray::from(const Tensor<T>& values) {
  return raw(dtype_of<T>(), values);
}

NpyArray NpyArray::boolean(const Tensor<uint8_t>& values) { return raw(DType::boolean, values); }

NpyArray NpyArray::f16(const Tensor<float>& values) {
  Tensor<uint16_t> values16 = Tensor<uint16_t>::uninitialised(values.shape());
  for (int64_t i = 0; i < values.size(); ++i) values16[i] = to_f16(values[i]);
  return raw(DType::f16, values16);
}

NpyArray NpyArray::scalar(int32_t value) {
  NpyArray array = from(Tensor<int32_t>({1}, std::span(&value, 1)));
  array.shape = {};
  return array;
}

template <class T>
Tensor<T> NpyArray::as() const {
  const auto same = [](auto x) { return x; };
  switch (dtype) {
    case DType::f32:
      return elements<T, float>(*this, same);
    case DType::f64:
      return elements<T, double>(*this, same);
    case DType::f16:
      return elements<T, uint16_t>(*this, from_f16);
    case DType::bf16:
      return elements<T, uint16_t>(*this, from_bf16);
    case DType::i8:
      return elements<T, int8_t>(*this, same);
    case DType::u8:
      return elements<T, uint8_t>(*this, same);
    case DType::i32:
      return elements<T, int32_t>(*this, same);
    case DType::i64:
      return elements<T, int64_t>(*this, same);
    case DType::boolean:
      return elements<T, uint8_t>(*this, [](uint8_t x) { return static_cast<uint8_t>(x != 0); });
  }
  PLEAT_ASSERT(false);
}

#define PLEAT_NPY_TYPE(T)                             \
  template NpyArray NpyArray::from(const Tensor<T>&); \
  template Tensor<T> NpyArray::as() const;
PLEAT_NPY_TYPE(float)
PLEAT_NPY_TYPE(double)
PLEAT_NPY_TYPE(int8_t)
PLEAT_NPY_TYPE(uint8_t)
PLEAT_NPY_TYPE(int32_t)
PLEAT_NPY_TYPE(int64_t)
#undef PLEAT_NPY_TYPE

std::map<std::string, NpyArray> read_npz(const fs::path& path) {
  const MappedFile file(path);
  std::map<std::string, NpyArray> arrays;
  try {
    for (const ZipMember& member : read_zip(file.bytes())) {
      constexpr std::string_view kSuffix = ".npy";
      std::string array_name = member.name;
      if (array_name.ends_with(kSuffix)) array_name.resize(array_name.size() - kSuffix.size());
      try {
        if (!arrays.emplace(array_name, parse_npy(member.bytes)).second)
          throw Error("", "the array occurs twice", "Give each array its own name.");
      } catch (const Error& error) {
        throw error.within(array_name);
      }
    }
  } catch (const Error& error) {
    throw error.within(path.string());
  }
  return arrays;
}

void write_npz(const fs::path& path, const NpzArrays& arrays, bool compress) {
  std::vector<std::string> headers;
  for (const auto& [name, array] : arrays) headers.push_back(npy_header(array));
  std::vector<ZipParts> members;
  for (size_t i = 0; i < arrays.size(); ++i)
    members.push_back({arrays[i].first + ".npy", {headers[i], arrays[i].second.bytes}});
  write_zip(path, members, compress);
}

}  // namespace pleat
