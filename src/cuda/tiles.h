// Products of tiles in shared memory in the four arithmetics, for product.h and attention.h.
#pragma once

#include "cuda/arguments.h"
#include "cuda/gpu.h"

namespace pleat::cuda {

PLEAT_GPU int64_t offset_of(const Stride& s, int64_t index) {
  const auto i = static_cast<uint32_t>(index);
  return i / s.period * s.high + i % s.period * s.low;
}

PLEAT_GPU float load(const void* data, Stored stored, int64_t at) {
  return stored == Stored::bfloat16 ? widen_bf16(static_cast<const uint16_t*>(data)[at])
                                    : static_cast<const float*>(data)[at];
}

// An arithmetic defines the layout of operands in shared memory: rows of `depth` elements and kPad elements
// of padding, so that no two of eight rows share a bank. Split operands are two such tiles.
struct Float32 {
  using Element = float;
  static constexpr int kParts = 1, kPad = 4;
};
struct Tf32 {
  using Element = float;
  static constexpr int kParts = 1, kPad = 4;
};
struct Bfloat16 {
  using Element = uint16_t;
  static constexpr int kParts = 1, kPad = 8;
};
struct Split {
  using Element = uint16_t;
  static constexpr int kParts = 2, kPad = 8;
};

// Writes x as an operand: as float32, rounded, or in two parts `part` elements apart.
PLEAT_GPU void store_operand(Float32, float* to, int64_t, float x) { *to = x; }
PLEAT_GPU void store_operand(Tf32, float* to, int64_t, float x) { *to = round_tf32(x); }
PLEAT_GPU void store_operand(Bfloat16, uint16_t* to, int64_t, float x) { *to = round_bf16(x); }
PLEAT_GPU void store_operand(Split, uint16_t* to, int64_t part, float x) {
  const uint16_t high = round_bf16(x);
  to[0] = high;
  to[part] = round_bf16(x - widen_bf16(high));
}

// c += A B^T of a warp's tiles in shared memory: A [16 MT, depth], B [8 NT, depth], rows `stride` apart,
// depth a multiple of 16; parts are a_part and b_part elements apart.
template <int MT, int NT>
PLEAT_GPU void multiply_tiles(Float32, const float* a, int, const float* b, int, int stride, int depth,
                              float (&c)[MT][NT][4]) {
  for (int k = 0; k < depth; k += 16) multiply_float32(a + k, b + k, stride, c);
}

// The operands of one instruction: 16 bfloat16 deep, or 8 TF32, which take two places of a bfloat16 each.
template <int MT, class Element>
PLEAT_GPU void load_left(const Element* a, int stride, uint32_t (&out)[MT][4]) {
  constexpr int kHalf = 16 / static_cast<int>(sizeof(Element));
  const int lane = lane_index();
  PLEAT_UNROLL
  for (int m = 0; m < MT; ++m) load_matrices(a + (16 * m + lane % 16) * stride + lane / 16 * kHalf, out[m]);
}

template <int NT, class Element>
PLEAT_GPU void load_right(const Element* b, int stride, uint32_t (&out)[NT][2]) {
  static_assert(NT % 2 == 0);
  constexpr int kHalf = 16 / static_cast<int>(sizeof(Element));
  const int lane = lane_index();
  PLEAT_UNROLL
  for (int n = 0; n < NT; n += 2) {
    uint32_t four[4];
    load_matrices(b + (8 * n + lane / 16 * 8 + lane % 8) * stride + lane / 8 % 2 * kHalf, four);
    PLEAT_UNROLL
    for (int e = 0; e < 4; ++e) out[n + e / 2][e % 2] = four[e];
  }
}

template <int MT, int NT>
PLEAT_GPU void multiply_tiles(Bfloat16, const uint16_t* a, int, const uint16_t* b, int, int stride, int depth,
                              float (&c)[MT][NT][4]) {
  for (int k = 0; k < depth; k += 16) {
    uint32_t left[MT][4], right[NT][2];
    load_left(a + k, stride, left);
    load_right(b + k, stride, right);
    multiply_bf16(left, right, c);
  }
}

template <int MT, int NT>
PLEAT_GPU void multiply_tiles(Tf32, const float* a, int, const float* b, int, int stride, int depth,
                              float (&c)[MT][NT][4]) {
  for (int k = 0; k < depth; k += 8) {
    uint32_t left[MT][4], right[NT][2];
    load_left(a + k, stride, left);
    load_right(b + k, stride, right);
    multiply_tf32(left, right, c);
  }
}

// High by high, high by low, low by high; low by low is below the precision.
template <int MT, int NT>
PLEAT_GPU void multiply_tiles(Split, const uint16_t* a, int a_part, const uint16_t* b, int b_part, int stride,
                              int depth, float (&c)[MT][NT][4]) {
  for (int k = 0; k < depth; k += 16) {
    uint32_t high[MT][4], low[MT][4], right[NT][2];
    load_left(a + k, stride, high);
    load_left(a + a_part + k, stride, low);
    load_right(b + k, stride, right);
    multiply_bf16(high, right, c);
    multiply_bf16(low, right, c);
    load_right(b + b_part + k, stride, right);
    multiply_bf16(high, right, c);
  }
}

}  // namespace pleat::cuda
