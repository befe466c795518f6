// AVX-512-BF16: vectors of bfloat16 pairs (VDPBF16PS, VCVTNE2PS2BF16).
#include <immintrin.h>

#include <cstdint>

#include "hwy/base.h"
#include "kernels/bf16_gemm.h"

#if HWY_COMPILER_GCC_ACTUAL
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 means its own intrinsics
#endif

// Everything from here to POP is compiled for AVX-512 and has internal linkage. It must instantiate no inline
// function of a header, which another processor might then run.
HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")

namespace pleat::kernels {
namespace {

#include "kernels/bf16_vectors-inl.h"

__mmask16 first(int64_t n) { return static_cast<__mmask16>((1u << n) - 1u); }  // n <= 16

struct Lanes {
  __m512 value;

  static Lanes zero() { return {_mm512_setzero_ps()}; }
  static Lanes load(const float* from, int64_t n) {
    return {n == kLanes ? _mm512_loadu_ps(from) : _mm512_maskz_loadu_ps(first(n), from)};
  }
  void store(float* to, int64_t n) const {
    n == kLanes ? _mm512_storeu_ps(to, value) : _mm512_mask_storeu_ps(to, first(n), value);
  }
  void add(Lanes x) { value = _mm512_add_ps(value, x.value); }
  void dot(uint32_t a, const uint32_t* b) {
    const __m512i all = _mm512_set1_epi32(static_cast<int>(a)), pairs = _mm512_load_si512(b);
    value = _mm512_dpbf16_ps(value, reinterpret_cast<__m512bh>(all), reinterpret_cast<__m512bh>(pairs));
  }
};

// The error of rounding a.
__m512 rest(__m512 a, __m256i rounded) {
  return _mm512_sub_ps(a, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(rounded), 16)));
}

__m512i round_pairs(__m512 low, __m512 high) {
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}

// The parts of 32 floats.
void split_step(__m512 a, __m512 b, int parts, uint32_t* out, int64_t part_stride) {
  __m512i rounded = round_pairs(a, b);
  _mm512_storeu_si512(out, rounded);
  for (int p = 1; p < parts; ++p) {
    a = rest(a, _mm512_castsi512_si256(rounded));
    b = rest(b, _mm512_extracti64x4_epi64(rounded, 1));
    rounded = round_pairs(a, b);
    _mm512_storeu_si512(out + p * part_stride, rounded);
  }
}

void split(const float* x, int64_t n, int parts, uint32_t* out, int64_t step_stride, int64_t part_stride) {
  constexpr int64_t kStep = 32;
  for (; n >= kStep; n -= kStep, x += kStep, out += step_stride)
    split_step(_mm512_loadu_ps(x), _mm512_loadu_ps(x + kLanes), parts, out, part_stride);
  if (n == 0) return;
  const int64_t low = n < kLanes ? n : kLanes;
  // Past the row's end the mask is empty, and the address is not read.
  split_step(_mm512_maskz_loadu_ps(first(low), x), _mm512_maskz_loadu_ps(first(n - low), x + low), parts, out,
             part_stride);
}

void multiply(const Bf16x2Product& product) { multiply_vectors<Lanes>(product); }

}  // namespace
}  // namespace pleat::kernels

HWY_POP_ATTRIBUTES

namespace pleat::kernels {

const Bf16x2Unit& avx512_bf16_unit() {
  static const Bf16x2Unit unit = {[] {}, [] {}, split, multiply, false};
  return unit;
}

}  // namespace pleat::kernels
