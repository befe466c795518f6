// Runs a GPU's blocks on the host: each thread of a block is a fibre that runs until it waits for others.
//
// Where hardware leaves behaviour open, the emulation takes the worst case: fibres run in a random order,
// shared memory starts as NaN, and asynchronous copies land only when waited for (their target is NaN until
// then). Errors on hardware end the program: threads of a warp that wait at different places, a thread that
// ends with unfinished copies, unaligned addresses.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace pleat::cuda::emulation {

struct Index {
  int64_t x = 0, y = 0, z = 0;
};

// Runs one block on the calling thread, with exactly `shared_bytes` of shared memory. `seed` decides the
// order of the fibres.
void run_block(void (*kernel)(const void* arguments), const void* arguments, Index block, int threads,
               int64_t shared_bytes, uint64_t seed);

// --- For the kernels

// The running fibre of this host thread.
struct Running {
  int thread = 0;
  Index block;
  std::byte* shared = nullptr;
};
extern thread_local Running running;
inline int running_thread() { return running.thread; }
inline const Index& running_block() { return running.block; }
inline std::byte* shared_memory() { return running.shared; }

void barrier();

// Waits for all threads of the warp, then runs `operation` once on the arguments of all lanes.
using Operation = void (*)(void* const* lanes);
void together(Operation operation, void* operands);

void start_copy(void* shared, const void* global, bool valid);
void end_copy_group();
void wait_copies(int groups);

// --- Operations of `together`

void warp_sum(void* const* lanes);  // float
void warp_max(void* const* lanes);
void quad_sum(void* const* lanes);  // float[2]
void quad_max(void* const* lanes);

struct MatrixLoad {
  const void* row;
  uint32_t* out;
};
void load_matrices(void* const* lanes);

struct Product {
  const uint32_t *a, *b;
  float* c;
};
struct SharedProduct {
  const float *a, *b;
  int stride;
  float* c;
};

// c [M, N] += a [M, K] b [K, N], with fused multiply-adds in increasing k.
template <int M, int K, int N>
__attribute__((target("avx2,fma"))) inline void add_product(const float (&a)[M][K], const float (&b)[K][N],
                                                            float (&c)[M][N]) {
  static_assert(N % 8 == 0);
  for (int m = 0; m < M; ++m) {
    __m256 sums[N / 8];
    for (int n = 0; n < N / 8; ++n) sums[n] = _mm256_loadu_ps(&c[m][8 * n]);
    for (int k = 0; k < K; ++k) {
      const __m256 left = _mm256_set1_ps(a[m][k]);
      for (int n = 0; n < N / 8; ++n) sums[n] = _mm256_fmadd_ps(left, _mm256_loadu_ps(&b[k][8 * n]), sums[n]);
    }
    for (int n = 0; n < N / 8; ++n) _mm256_storeu_ps(&c[m][8 * n], sums[n]);
  }
}

// f(row, column, element of the lane's c) for each element of tiles [MT][NT].
template <int MT, int NT, class F>
inline void for_sums(int lane, F&& f) {
  const int g = lane / 4, t = lane % 4;
  for (int m = 0; m < MT; ++m)
    for (int n = 0; n < NT; ++n)
      for (int h = 0; h < 2; ++h) f(16 * m + g + 8 * h, 8 * n + 2 * t, (m * NT + n) * 4 + 2 * h);
}

// The sums of all lanes as c, and c as the sums of all lanes.
template <int MT, int NT>
void gather_sums(void* const* lanes, float (&c)[16 * MT][8 * NT]) {
  for (int lane = 0; lane < 32; ++lane)
    for_sums<MT, NT>(lane, [&](int row, int col, int at) {
      const float* from = static_cast<const Product*>(lanes[lane])->c + at;
      c[row][col] = from[0];
      c[row][col + 1] = from[1];
    });
}
template <int MT, int NT>
void scatter_sums(const float (&c)[16 * MT][8 * NT], void* const* lanes) {
  for (int lane = 0; lane < 32; ++lane)
    for_sums<MT, NT>(lane, [&](int row, int col, int at) {
      float* to = static_cast<const Product*>(lanes[lane])->c + at;
      to[0] = c[row][col];
      to[1] = c[row][col + 1];
    });
}

// Tensor cores add in their own order; here k increases.
template <int MT, int NT>
void multiply_bf16(void* const* lanes) {
  float a[16 * MT][16], b[16][8 * NT], c[16 * MT][8 * NT];
  const auto even = [](uint32_t pair) { return std::bit_cast<float>(pair << 16); };
  const auto odd = [](uint32_t pair) { return std::bit_cast<float>(pair & 0xffff0000u); };
  for (int lane = 0; lane < 32; ++lane) {
    const auto& p = *static_cast<const Product*>(lanes[lane]);
    const int g = lane / 4, k = lane % 4 * 2;
    for (int m = 0; m < MT; ++m)
      for (int e = 0; e < 4; ++e) {
        float* to = &a[16 * m + g + e % 2 * 8][k + e / 2 * 8];
        to[0] = even(p.a[4 * m + e]);
        to[1] = odd(p.a[4 * m + e]);
      }
    for (int n = 0; n < NT; ++n)
      for (int e = 0; e < 2; ++e) {
        b[k + 8 * e][8 * n + g] = even(p.b[2 * n + e]);
        b[k + 8 * e + 1][8 * n + g] = odd(p.b[2 * n + e]);
      }
  }
  gather_sums<MT, NT>(lanes, c);
  add_product(a, b, c);
  scatter_sums<MT, NT>(c, lanes);
}

// The instruction reads the upper 19 bits of an operand.
template <int MT, int NT>
void multiply_tf32(void* const* lanes) {
  float a[16 * MT][8], b[8][8 * NT], c[16 * MT][8 * NT];
  const auto value = [](uint32_t bits) { return std::bit_cast<float>(bits & 0xffffe000u); };
  for (int lane = 0; lane < 32; ++lane) {
    const auto& p = *static_cast<const Product*>(lanes[lane]);
    const int g = lane / 4, k = lane % 4;
    for (int m = 0; m < MT; ++m)
      for (int e = 0; e < 4; ++e) a[16 * m + g + e % 2 * 8][k + e / 2 * 4] = value(p.a[4 * m + e]);
    for (int n = 0; n < NT; ++n)
      for (int e = 0; e < 2; ++e) b[k + 4 * e][8 * n + g] = value(p.b[2 * n + e]);
  }
  gather_sums<MT, NT>(lanes, c);
  add_product(a, b, c);
  scatter_sums<MT, NT>(c, lanes);
}

template <int MT, int NT>
void multiply_float32(void* const* lanes) {
  float a[16 * MT][16], b[16][8 * NT], c[16 * MT][8 * NT];
  const auto& first = *static_cast<const SharedProduct*>(lanes[0]);
  for (int m = 0; m < 16 * MT; ++m)
    for (int k = 0; k < 16; ++k) a[m][k] = first.a[m * first.stride + k];
  for (int n = 0; n < 8 * NT; ++n)
    for (int k = 0; k < 16; ++k) b[k][n] = first.b[n * first.stride + k];
  for (int lane = 0; lane < 32; ++lane)
    for_sums<MT, NT>(lane, [&](int row, int col, int at) {
      const float* from = static_cast<const SharedProduct*>(lanes[lane])->c + at;
      c[row][col] = from[0];
      c[row][col + 1] = from[1];
    });
  add_product(a, b, c);
  for (int lane = 0; lane < 32; ++lane)
    for_sums<MT, NT>(lane, [&](int row, int col, int at) {
      float* to = static_cast<const SharedProduct*>(lanes[lane])->c + at;
      to[0] = c[row][col];
      to[1] = c[row][col + 1];
    });
}

}  // namespace pleat::cuda::emulation
