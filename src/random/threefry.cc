#include "random/threefry.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace pleat {
namespace {

template <int R0, int R1, int R2, int R3>
inline void four_rounds(uint32_t& x0, uint32_t& x1) {
  x0 += x1, x1 = std::rotl(x1, R0) ^ x0;
  x0 += x1, x1 = std::rotl(x1, R1) ^ x0;
  x0 += x1, x1 = std::rotl(x1, R2) ^ x0;
  x0 += x1, x1 = std::rotl(x1, R3) ^ x0;
}

inline Key twenty_rounds(Key key, uint32_t x0, uint32_t x1) {
  const uint32_t k0 = key.k0, k1 = key.k1, k2 = k0 ^ k1 ^ 0x1bd11bdau;
  x0 += k0, x1 += k1;
  four_rounds<13, 15, 26, 6>(x0, x1);
  x0 += k1, x1 += k2 + 1;
  four_rounds<17, 29, 16, 24>(x0, x1);
  x0 += k2, x1 += k0 + 2;
  four_rounds<13, 15, 26, 6>(x0, x1);
  x0 += k0, x1 += k1 + 3;
  four_rounds<17, 29, 16, 24>(x0, x1);
  x0 += k1, x1 += k2 + 4;
  four_rounds<13, 15, 26, 6>(x0, x1);
  x0 += k2, x1 += k0 + 5;
  return {x0, x1};
}

inline uint32_t bits_at(Key key, uint64_t flat) {
  const Key word = twenty_rounds(key, static_cast<uint32_t>(flat >> 32), static_cast<uint32_t>(flat));
  return word.k0 ^ word.k1;
}

// In [0, 1), from the upper 23 bits.
inline float unit_interval(uint32_t bits) { return std::bit_cast<float>((bits >> 9) | 0x3f800000u) - 1.0f; }

inline float scaled(uint32_t bits, float low, float high) {
  return std::max(low, unit_interval(bits) * (high - low) + low);
}

// sqrt(2) erfinv(u) with u uniform in (-1, 1); erfinv by M. Giles' approximation in single precision, whose
// two polynomials in w = -log(1 - u^2) serve the centre and the tails.
inline float normal_from(uint32_t bits) {
  constexpr float kCentre[] = {2.81022636e-08f,  3.43273939e-07f, -3.5233877e-06f,
                               -4.39150654e-06f, 0.00021858087f,  -0.00125372503f,
                               -0.00417768164f,  0.246640727f,    1.50140941f};
  constexpr float kTail[] = {-0.000200214257f, 0.000100950558f, 0.00134934322f,
                             -0.00367342844f,  0.00573950773f,  -0.0076224613f,
                             0.00943887047f,   1.00167406f,     2.83297682f};
  constexpr float kLow = -0.99999994f;  // the smallest float above -1
  const float u = scaled(bits, kLow, 1.0f);
  float w = -std::log1p(-u * u);
  const float* coefficient = kCentre;
  if (w < 5.0f) {
    w -= 2.5f;
  } else {
    w = std::sqrt(w) - 3.0f;
    coefficient = kTail;
  }
  float p = coefficient[0];
  for (int i = 1; i < 9; ++i) p = coefficient[i] + p * w;
  return 1.41421354f * (p * u);
}

}  // namespace

Key threefry(Key key, uint32_t c0, uint32_t c1) { return twenty_rounds(key, c0, c1); }

Key prng_key(uint64_t seed) { return {0, static_cast<uint32_t>(seed)}; }

Key split(Key key, uint32_t i) { return threefry(key, 0, i); }

uint32_t bits(Key key, uint64_t flat) { return bits_at(key, flat); }

float uniform(Key key, uint64_t flat, float low, float high) { return scaled(bits_at(key, flat), low, high); }

float normal(Key key, uint64_t flat) { return normal_from(bits_at(key, flat)); }

float gumbel(Key key, uint64_t flat) {
  constexpr float kTiny = std::numeric_limits<float>::min();
  return -std::log(-std::log(scaled(bits_at(key, flat), kTiny, 1.0f)));
}

void normals(Key key, uint64_t first, int64_t count, float* out) {
  constexpr int kBlock = 256;  // a fixed length lets the compiler run the rounds in vectors
  uint32_t block[kBlock];
  for (int64_t done = 0; done < count; done += kBlock) {
    for (int i = 0; i < kBlock; ++i)
      block[i] = bits_at(key, first + static_cast<uint64_t>(done) + static_cast<uint64_t>(i));
    const int64_t length = std::min<int64_t>(kBlock, count - done);
    for (int64_t i = 0; i < length; ++i) out[done + i] = normal_from(block[i]);
  }
}

}  // namespace pleat
