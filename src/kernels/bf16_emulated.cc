// The instructions of AMX and AVX-512-BF16 as plain loops in the same order of operations, to test the code
// around them on every processor.
#include <immintrin.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "hwy/base.h"
#include "kernels/bf16_gemm.h"
#include "tensor/dtype.h"

// pleat always has AVX2 and FMA.
HWY_PUSH_ATTRIBUTES("avx2,fma")

namespace pleat::kernels {
namespace {

#include "kernels/bf16_tiles-inl.h"
#include "kernels/bf16_vectors-inl.h"

// While it lives, switches the flushing of denormal operands and results to zero on or off.
class Denormals {
 public:
  explicit Denormals(bool count) : before_(_mm_getcsr()) {
    constexpr unsigned kFlushResults = 0x8000, kZeroOperands = 0x40, kBoth = kFlushResults | kZeroOperands;
    _mm_setcsr(count ? before_ & ~kBoth : before_ | kBoth);
  }
  ~Denormals() { _mm_setcsr(before_); }
  Denormals(const Denormals&) = delete;
  Denormals& operator=(const Denormals&) = delete;

 private:
  unsigned before_;
};

float even(uint32_t pair) { return std::bit_cast<float>(pair << 16); }
float odd(uint32_t pair) { return std::bit_cast<float>(pair & 0xffff0000u); }

// Both instructions fuse multiplication and addition: a denormal product counts in the sum, though a separate
// multiplication would flush it.

// Half a row of a tile. Explicit vectors: the compiler does not vectorise loops this short.
using Words = uint32_t __attribute__((vector_size(32)));
using Floats = float __attribute__((vector_size(32)));

Floats multiply_add(float a, Words b, Floats sum) {
  return _mm256_fmadd_ps(_mm256_set1_ps(a), reinterpret_cast<Floats>(b), sum);
}

class EmulatedTiles {
 public:
  template <int t>
  void zero() {
    std::memset(tiles_[t], 0, sizeof tiles_[t]);
  }
  template <int t>
  void load(const void* from, int64_t stride) {
    for (int64_t r = 0; r < kTile; ++r)
      std::memcpy(tiles_[t][r], static_cast<const char*>(from) + r * stride, sizeof tiles_[t][r]);
  }
  template <int t>
  void store(void* to, int64_t stride) const {
    for (int64_t r = 0; r < kTile; ++r)
      std::memcpy(static_cast<char*>(to) + r * stride, tiles_[t][r], sizeof tiles_[t][r]);
  }
  // TDPBF16PS: the even and the odd products of a row are summed apart, then added to each other and to the
  // tile.
  template <int t, int a, int b>
  void dot() {
    for (int64_t m = 0; m < kTile; ++m) {
      Floats evens[2] = {}, odds[2] = {};
      for (int64_t k = 0; k < kTile; ++k) {
        const uint32_t pair = tiles_[a][m][k / 8][k % 8];
        for (int64_t half = 0; half < 2; ++half) {
          const Words pairs = tiles_[b][k][half];
          evens[half] = multiply_add(even(pair), pairs << 16, evens[half]);
          odds[half] = multiply_add(odd(pair), pairs & 0xffff0000u, odds[half]);
        }
      }
      for (int64_t half = 0; half < 2; ++half) {
        Words& sum = tiles_[t][m][half];
        sum = reinterpret_cast<Words>(reinterpret_cast<Floats>(sum) + (evens[half] + odds[half]));
      }
    }
  }

 private:
  Words tiles_[8][kTile][2];
};

struct EmulatedLanes {
  float value[kLanes];

  static EmulatedLanes zero() { return {}; }
  static EmulatedLanes load(const float* from, int64_t n) {
    EmulatedLanes lanes = {};
    for (int64_t i = 0; i < n; ++i) lanes.value[i] = from[i];
    return lanes;
  }
  void store(float* to, int64_t n) const {
    for (int64_t i = 0; i < n; ++i) to[i] = value[i];
  }
  // An addition as in AVX-512, which keeps denormals.
  void add(const EmulatedLanes& x) {
    const Denormals denormals(true);
    for (int64_t i = 0; i < kLanes; ++i) value[i] += x.value[i];
  }
  // VDPBF16PS: the odd product first.
  void dot(uint32_t a, const uint32_t* b) {
    for (int64_t i = 0; i < kLanes; ++i) {
      value[i] = __builtin_fmaf(odd(a), odd(b[i]), value[i]);
      value[i] = __builtin_fmaf(even(a), even(b[i]), value[i]);
    }
  }
};

// VCVTNE2PS2BF16: denormals become zero.
uint16_t rounded(float x) {
  const uint16_t bits = to_bf16(x);
  return std::isnormal(x) || !std::isfinite(x) ? bits : bits & 0x8000;
}

void split(const float* x, int64_t n, int parts, uint32_t* out, int64_t step_stride, int64_t part_stride) {
  const int64_t pairs = (n + 2 * kBf16x2Step - 1) / (2 * kBf16x2Step) * kBf16x2Step;
  for (int64_t i = 0; i < pairs; ++i) {
    float a = 2 * i < n ? x[2 * i] : 0.0f, b = 2 * i + 1 < n ? x[2 * i + 1] : 0.0f;
    for (int p = 0; p < parts; ++p) {
      const uint16_t low = rounded(a), high = rounded(b);
      out[i / kBf16x2Step * step_stride + i % kBf16x2Step + p * part_stride] =
          low | static_cast<uint32_t>(high) << 16;
      a -= from_bf16(low);
      b -= from_bf16(high);
    }
  }
}

void multiply_on_tiles(const Bf16x2Product& product) {
  const Denormals denormals(false);
  EmulatedTiles tiles;
  multiply_tiles(tiles, product);
}

void multiply_on_vectors(const Bf16x2Product& product) {
  const Denormals denormals(false);
  multiply_vectors<EmulatedLanes>(product);
}

}  // namespace

const Bf16x2Unit& amx_emulated_unit() {
  static const Bf16x2Unit unit = {[] {}, [] {}, split, multiply_on_tiles, true};
  return unit;
}

const Bf16x2Unit& avx512_bf16_emulated_unit() {
  static const Bf16x2Unit unit = {[] {}, [] {}, split, multiply_on_vectors, false};
  return unit;
}

}  // namespace pleat::kernels

HWY_POP_ATTRIBUTES
