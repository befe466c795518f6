// The interface of kernel code to a GPU. The kernels are compiled twice: by nvcc for the cards, and as host
// C++, where each thread of a block is a fibre (cuda/emulation.h). This file has all differences: thin
// wrappers of instructions, each with an emulation. tools/check_gpu.sh compares the two.
//
// All 32 threads of a warp call a collective wrapper; all threads of a block call barrier().
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__
#define PLEAT_GPU __device__ __forceinline__
#define PLEAT_UNROLL _Pragma("unroll")
#define PLEAT_UNROLL_BY_FOUR _Pragma("unroll 4")
#else
#include <cmath>

#include "cuda/emulation.h"
#define PLEAT_GPU inline
#define PLEAT_UNROLL
#define PLEAT_UNROLL_BY_FOUR
#endif

namespace pleat::cuda {

constexpr int kWarp = 32;

// --- Threads

#ifdef __CUDACC__
PLEAT_GPU int thread_index() { return static_cast<int>(threadIdx.x); }
PLEAT_GPU int64_t block_x() { return blockIdx.x; }
PLEAT_GPU int64_t block_y() { return blockIdx.y; }
PLEAT_GPU int64_t block_z() { return blockIdx.z; }
PLEAT_GPU void barrier() { __syncthreads(); }
PLEAT_GPU void warp_barrier() { __syncwarp(); }
// The block's uninitialised shared memory, of the size given at launch.
PLEAT_GPU std::byte* shared_memory() {
  extern __shared__ __align__(16) unsigned char bytes[];
  return reinterpret_cast<std::byte*>(bytes);
}
#else
PLEAT_GPU int thread_index() { return emulation::running_thread(); }
PLEAT_GPU int64_t block_x() { return emulation::running_block().x; }
PLEAT_GPU int64_t block_y() { return emulation::running_block().y; }
PLEAT_GPU int64_t block_z() { return emulation::running_block().z; }
PLEAT_GPU void barrier() { emulation::barrier(); }
PLEAT_GPU void warp_barrier() {
  emulation::together([](void* const*) {}, nullptr);
}
PLEAT_GPU std::byte* shared_memory() { return emulation::shared_memory(); }
#endif
PLEAT_GPU int lane_index() { return thread_index() % kWarp; }
PLEAT_GPU int warp_index() { return thread_index() / kWarp; }

// --- Numbers

#ifdef __CUDACC__
PLEAT_GPU float float_of_bits(uint32_t bits) { return __uint_as_float(bits); }
PLEAT_GPU uint32_t bits_of_float(float x) { return __float_as_uint(x); }
// To the nearest bfloat16, ties to even.
PLEAT_GPU uint16_t round_bf16(float x) {
  uint16_t half;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(half) : "f"(x));
  return half;
}
// To the nearest TF32 (float32 with 10 bits of fraction), ties away from zero.
PLEAT_GPU float round_tf32(float x) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return __uint_as_float(bits & 0xffffe000u);
}
// 2^x with a relative error of about 2^-22; denormal results become zero.
PLEAT_GPU float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
#else
PLEAT_GPU float float_of_bits(uint32_t bits) { return std::bit_cast<float>(bits); }
PLEAT_GPU uint32_t bits_of_float(float x) { return std::bit_cast<uint32_t>(x); }
PLEAT_GPU uint16_t round_bf16(float x) { return to_bf16(x); }
PLEAT_GPU float round_tf32(float x) {
  constexpr uint32_t kHalf = 0x1000u, kDropped = 0x1fffu;
  return std::isfinite(x) ? float_of_bits((bits_of_float(x) + kHalf) & ~kDropped) : x;
}
PLEAT_GPU float exp2_fast(float x) {
  const float y = std::exp2(x);
  return y < 1.17549435e-38f ? 0.0f : y;
}
#endif
PLEAT_GPU float widen_bf16(uint16_t half) { return float_of_bits(static_cast<uint32_t>(half) << 16); }
PLEAT_GPU float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

// --- Sums and maxima over a warp's threads; collective. Sums have a fixed order: lanes 16 apart, then 8, 4,
// 2, 1.

#ifdef __CUDACC__
PLEAT_GPU float warp_sum(float x) {
  for (int step = kWarp / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
  return x;
}
PLEAT_GPU float warp_max(float x) {
  for (int step = kWarp / 2; step > 0; step /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, step));
  return x;
}
// The same over four neighbours (lanes 4 q to 4 q + 3), for two values at once.
PLEAT_GPU void quad_max(float (&x)[2]) {
  for (int step = 2; step > 0; step /= 2)
    for (float& v : x) v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, step));
}
PLEAT_GPU void quad_sum(float (&x)[2]) {
  for (int step = 2; step > 0; step /= 2)
    for (float& v : x) v += __shfl_xor_sync(0xffffffffu, v, step);
}
#else
PLEAT_GPU float warp_sum(float x) {
  emulation::together(emulation::warp_sum, &x);
  return x;
}
PLEAT_GPU float warp_max(float x) {
  emulation::together(emulation::warp_max, &x);
  return x;
}
PLEAT_GPU void quad_max(float (&x)[2]) { emulation::together(emulation::quad_max, x); }
PLEAT_GPU void quad_sum(float (&x)[2]) { emulation::together(emulation::quad_sum, x); }
#endif

// --- Asynchronous copies of 16 bytes (of zeros unless `valid`) into shared memory. A copy is complete, for
// the thread that started it, when wait_copies returns.

#ifdef __CUDACC__
PLEAT_GPU void start_copy(void* shared, const void* global, bool valid) {
  const auto to = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(bytes) : "memory");
}
PLEAT_GPU void end_copy_group() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits for all groups of this thread except the latest `groups`.
template <int groups>
PLEAT_GPU void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(groups) : "memory");
}
#else
PLEAT_GPU void start_copy(void* shared, const void* global, bool valid) {
  emulation::start_copy(shared, global, valid);
}
PLEAT_GPU void end_copy_group() { emulation::end_copy_group(); }
template <int groups>
PLEAT_GPU void wait_copies() {
  emulation::wait_copies(groups);
}
#endif

// --- Matrix instructions; collective

// Loads four 8 x 8 matrices of 16-bit elements. Lane l passes row l % 8 of matrix l / 8 (16 aligned bytes of
// shared memory); out[m] of lane l is the pair of elements 2 (l % 4) of row l / 4 of matrix m.
PLEAT_GPU void load_matrices(const void* row, uint32_t (&out)[4]) {
#ifdef __CUDACC__
  const auto from = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(from)
               : "memory");
#else
  emulation::MatrixLoad load{row, out};
  emulation::together(emulation::load_matrices, &load);
#endif
}

// c += A B with A [16 MT, 16] and B [16, 8 NT] of bfloat16 and float32 sums, as m16n8k16 lays them out: lane l
// with g = l / 4, t = l % 4 holds of tile (m, n)
//   A: pairs k = 2 t of rows g, g + 8, then k = 2 t + 8 of the same; B: pairs k = 2 t, 2 t + 8 of column g;
//   c: columns 2 t, 2 t + 1 of row g, then of row g + 8.
template <int MT, int NT>
PLEAT_GPU void multiply_bf16(const uint32_t (&a)[MT][4], const uint32_t (&b)[NT][2], float (&c)[MT][NT][4]) {
#ifdef __CUDACC__
  PLEAT_UNROLL
  for (int m = 0; m < MT; ++m) PLEAT_UNROLL
  for (int n = 0; n < NT; ++n)
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c[m][n][0]), "+f"(c[m][n][1]), "+f"(c[m][n][2]), "+f"(c[m][n][3])
        : "r"(a[m][0]), "r"(a[m][1]), "r"(a[m][2]), "r"(a[m][3]), "r"(b[n][0]), "r"(b[n][1]));
#else
  emulation::Product product{&a[0][0], &b[0][0], &c[0][0][0]};
  emulation::together(emulation::multiply_bf16<MT, NT>, &product);
#endif
}

// The same with A [16 MT, 8] and B [8, 8 NT] of TF32, whose lower 13 bits are ignored, as m16n8k8 lays them out:
//   A: k = t of rows g, g + 8, then k = t + 4 of the same; B: k = t, t + 4 of column g.
template <int MT, int NT>
PLEAT_GPU void multiply_tf32(const uint32_t (&a)[MT][4], const uint32_t (&b)[NT][2], float (&c)[MT][NT][4]) {
#ifdef __CUDACC__
  PLEAT_UNROLL
  for (int m = 0; m < MT; ++m) PLEAT_UNROLL
  for (int n = 0; n < NT; ++n)
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c[m][n][0]), "+f"(c[m][n][1]), "+f"(c[m][n][2]), "+f"(c[m][n][3])
        : "r"(a[m][0]), "r"(a[m][1]), "r"(a[m][2]), "r"(a[m][3]), "r"(b[n][0]), "r"(b[n][1]));
#else
  emulation::Product product{&a[0][0], &b[0][0], &c[0][0][0]};
  emulation::together(emulation::multiply_tf32<MT, NT>, &product);
#endif
}

// c += A B^T with A [16 MT, 16] and B [8 NT, 16] of float32 in shared memory, rows `stride` apart, c laid out
// as above: fused multiply-adds in increasing k. Not one instruction; it is here because the emulation
// computes a warp's sums together, in the same order.
template <int MT, int NT>
PLEAT_GPU void multiply_float32(const float* a, const float* b, int stride, float (&c)[MT][NT][4]) {
#ifdef __CUDACC__
  const int g = lane_index() / 4, t = lane_index() % 4;
  PLEAT_UNROLL_BY_FOUR
  for (int k = 0; k < 16; ++k) {
    float left[MT][2], right[NT][2];
    PLEAT_UNROLL
    for (int m = 0; m < MT; ++m) PLEAT_UNROLL
    for (int h = 0; h < 2; ++h) left[m][h] = a[(16 * m + g + 8 * h) * stride + k];
    PLEAT_UNROLL
    for (int n = 0; n < NT; ++n) PLEAT_UNROLL
    for (int h = 0; h < 2; ++h) right[n][h] = b[(8 * n + 2 * t + h) * stride + k];
    PLEAT_UNROLL
    for (int m = 0; m < MT; ++m) PLEAT_UNROLL
    for (int n = 0; n < NT; ++n) PLEAT_UNROLL
    for (int e = 0; e < 4; ++e) c[m][n][e] = fmaf(left[m][e / 2], right[n][e % 2], c[m][n][e]);
  }
#else
  emulation::SharedProduct product{a, b, stride, &c[0][0][0]};
  emulation::together(emulation::multiply_float32<MT, NT>, &product);
#endif
}

}  // namespace pleat::cuda
