#include "random/threefry.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace pleat::random {
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

// log(t) for normal t > 0, to an ulp or two: t = 2^e m with m in [sqrt(1/2), sqrt(2)), and the polynomial of
// the Cephes library for log(m). Own code, without a branch, so that it runs in vectors.
inline float log_of(float t) {
  constexpr float kPolynomial[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                                   -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                                   2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
  const int32_t bits = std::bit_cast<int32_t>(t);
  const int32_t e = (bits - 0x3f3504f3) >> 23;
  const float m = std::bit_cast<float>(bits - e * (1 << 23)) - 1.0f, exponent = static_cast<float>(e);
  float p = kPolynomial[0];
  for (int i = 1; i < 9; ++i) p = p * m + kPolynomial[i];
  const float m2 = m * m;
  float y = m * m2 * p;
  y += exponent * -2.12194440e-4f;  // log 2 in two parts, the larger one exact in few bits
  y -= 0.5f * m2;
  return (m + y) + exponent * 0.693359375f;
}

template <size_t N>
inline float horner(const float (&coefficients)[N], float x) {
  float p = coefficients[0];
  for (size_t i = 1; i < N; ++i) p = coefficients[i] + p * x;
  return p;
}

// A normal number is sqrt(2) erfinv(u), u uniform in (-1, 1). erfinv is M. Giles' approximation in single
// precision: u times a polynomial in w = -log(1 - u^2), one polynomial for the centre and one for the tails.
constexpr float kSqrt2 = 1.41421354f;
constexpr float kTailStart = 5.0f;  // in w

inline float normal_argument(uint32_t bits) {
  constexpr float kLow = -0.99999994f;  // the smallest float above -1
  return scaled(bits, kLow, 1.0f);
}

inline float giles_w(float u) { return -log_of(1.0f - u * u); }

inline float centre_normal(float u, float w) {
  constexpr float kCentre[] = {2.81022636e-08f,  3.43273939e-07f, -3.5233877e-06f,
                               -4.39150654e-06f, 0.00021858087f,  -0.00125372503f,
                               -0.00417768164f,  0.246640727f,    1.50140941f};
  return kSqrt2 * (horner(kCentre, w - 2.5f) * u);
}

inline float tail_normal(float u, float w) {
  constexpr float kTail[] = {-0.000200214257f, 0.000100950558f, 0.00134934322f,
                             -0.00367342844f,  0.00573950773f,  -0.0076224613f,
                             0.00943887047f,   1.00167406f,     2.83297682f};
  return kSqrt2 * (horner(kTail, std::sqrt(w) - 3.0f) * u);
}

}  // namespace

Key threefry(Key key, uint32_t c0, uint32_t c1) { return twenty_rounds(key, c0, c1); }

Key prng_key(uint64_t seed) { return {0, static_cast<uint32_t>(seed)}; }

Key split(Key key, uint32_t i) { return threefry(key, 0, i); }

uint32_t bits(Key key, uint64_t flat) { return bits_at(key, flat); }

float uniform(Key key, uint64_t flat, float low, float high) { return scaled(bits_at(key, flat), low, high); }

float normal(Key key, uint64_t flat) {
  const float u = normal_argument(bits_at(key, flat)), w = giles_w(u);
  return w < kTailStart ? centre_normal(u, w) : tail_normal(u, w);
}

float gumbel(Key key, uint64_t flat) {
  constexpr float kTiny = std::numeric_limits<float>::min();
  return -std::log(-std::log(scaled(bits_at(key, flat), kTiny, 1.0f)));
}

void normals(Key key, uint64_t first, int64_t count, float* out) {
  // Blocks of a fixed length let the compiler vectorise the first loops; the tails, one number in 300, are
  // corrected afterwards.
  constexpr int kBlock = 256;
  uint32_t bits[kBlock];
  float u[kBlock], w[kBlock], values[kBlock];
  for (int64_t done = 0; done < count; done += kBlock) {
    const uint64_t start = first + static_cast<uint64_t>(done);
    for (uint32_t i = 0; i < kBlock; ++i) bits[i] = bits_at(key, start + i);
    for (int i = 0; i < kBlock; ++i) u[i] = normal_argument(bits[i]);
    for (int i = 0; i < kBlock; ++i) w[i] = giles_w(u[i]);
    for (int i = 0; i < kBlock; ++i) values[i] = centre_normal(u[i], w[i]);
    for (int i = 0; i < kBlock; ++i)
      if (w[i] >= kTailStart) values[i] = tail_normal(u[i], w[i]);
    std::copy_n(values, std::min<int64_t>(kBlock, count - done), out + done);
  }
}

}  // namespace pleat::random
