// Element types of stored arrays, and conversions of the two 16-bit floats.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace pleat {

enum class DType { f32, f64, f16, bf16, i8, u8, i32, i64, boolean };

int64_t byte_size(DType dtype);
// NumPy's name: float32, float64, float16, bfloat16, int8, uint8, int32, int64, bool.
std::string name(DType dtype);

// Rounds to nearest even; NaN stays NaN.
inline uint16_t to_bf16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
}
inline float from_bf16(uint16_t x) { return std::bit_cast<float>(static_cast<uint32_t>(x) << 16); }

// IEEE half precision, nearest even, overflow to infinity (as NumPy's astype(float16)).
uint16_t to_f16(float x);
float from_f16(uint16_t x);

}  // namespace pleat
