// Kernels that run each wrapped instruction (cuda/gpu.h). cuda/conformance.h compares their results on a card
// and on the host.
#pragma once

#include "cuda/gpu.h"

namespace pleat::cuda {

// Words in and out, of one block of kConformanceThreads threads.
struct ConformanceArguments {
  const uint32_t* in = nullptr;
  uint32_t* out = nullptr;
};
constexpr int kConformanceThreads = 256;
constexpr int kNumberWords = 3, kReductionWords = 6, kCopyWords = 4, kMatrixWords = 4;
constexpr int kProductIn = 12, kProductOut = 8;    // A of a tile, B of two, for each thread
constexpr int kFloatStride = 20, kFloatRows = 32;  // of multiply_float32's operands

PLEAT_GPU void conform_numbers(const ConformanceArguments& p) {
  const int t = thread_index();
  const float x = float_of_bits(p.in[t]);
  p.out[kNumberWords * t] = round_bf16(x);
  p.out[kNumberWords * t + 1] = bits_of_float(exp2_fast(x));
  p.out[kNumberWords * t + 2] = bits_of_float(round_tf32(x));
}

PLEAT_GPU void conform_reductions(const ConformanceArguments& p) {
  const int t = thread_index();
  const float x = float_of_bits(p.in[2 * t]), y = float_of_bits(p.in[2 * t + 1]);
  float sums[2] = {x, y}, most[2] = {x, y};
  quad_sum(sums);
  quad_max(most);
  const float all[kReductionWords] = {warp_sum(x), warp_max(y), sums[0], sums[1], most[0], most[1]};
  for (int i = 0; i < kReductionWords; ++i) p.out[kReductionWords * t + i] = bits_of_float(all[i]);
}

// Copies of 16 bytes, every third one zeros, read by another thread.
PLEAT_GPU void conform_copies(const ConformanceArguments& p) {
  const int t = thread_index();
  auto* shared = reinterpret_cast<uint32_t*>(shared_memory());
  for (int half = 0; half < 2; ++half) {
    start_copy(shared + (2 * t + half) * kCopyWords, p.in + (2 * t + half) * kCopyWords, t % 3 != 0);
    end_copy_group();
  }
  wait_copies<1>();
  barrier();
  const int other = kConformanceThreads - 1 - t;
  uint32_t first[kCopyWords];
  for (int i = 0; i < kCopyWords; ++i) first[i] = shared[2 * other * kCopyWords + i];
  wait_copies<0>();
  barrier();
  for (int i = 0; i < kCopyWords; ++i)
    p.out[kCopyWords * t + i] = first[i] ^ shared[(2 * other + 1) * kCopyWords + i];
}

PLEAT_GPU void conform_matrices(const ConformanceArguments& p) {
  constexpr int kWordsOfRow = 4;
  const int t = thread_index();
  auto* shared = reinterpret_cast<uint32_t*>(shared_memory());
  for (int i = 0; i < kWordsOfRow; ++i) shared[kWordsOfRow * t + i] = p.in[kWordsOfRow * t + i];
  barrier();
  uint32_t out[kMatrixWords];
  load_matrices(shared + kWordsOfRow * (t ^ 5), out);
  for (int i = 0; i < kMatrixWords; ++i) p.out[kMatrixWords * t + i] = out[i];
}

// The operands of a thread, and its sums.
template <class Multiply>
PLEAT_GPU void conform_products(const ConformanceArguments& p, Multiply&& multiply) {
  const int t = thread_index();
  const uint32_t* in = p.in + kProductIn * t;
  const uint32_t a[1][4] = {{in[0], in[1], in[2], in[3]}};
  const uint32_t b[2][2] = {{in[4], in[5]}, {in[6], in[7]}};
  float c[1][2][4];
  for (int i = 0; i < kProductOut; ++i) c[0][i / 4][i % 4] = float_of_bits(in[8 + i % 4]);
  multiply(a, b, c);
  for (int i = 0; i < kProductOut; ++i) p.out[kProductOut * t + i] = bits_of_float(c[0][i / 4][i % 4]);
}
PLEAT_GPU void conform_bf16_products(const ConformanceArguments& p) {
  conform_products(p, [](const auto& a, const auto& b, auto& c) { multiply_bf16(a, b, c); });
}
PLEAT_GPU void conform_tf32_products(const ConformanceArguments& p) {
  conform_products(p, [](const auto& a, const auto& b, auto& c) { multiply_tf32(a, b, c); });
}

PLEAT_GPU void conform_float32_products(const ConformanceArguments& p) {
  const int t = thread_index();
  auto* shared = reinterpret_cast<float*>(shared_memory());
  for (int i = t; i < kFloatRows * kFloatStride; i += kConformanceThreads) shared[i] = float_of_bits(p.in[i]);
  barrier();
  float c[1][2][4] = {};
  multiply_float32(shared, shared + 16 * kFloatStride, kFloatStride, c);
  for (int i = 0; i < kProductOut; ++i) p.out[kProductOut * t + i] = bits_of_float(c[0][i / 4][i % 4]);
}

}  // namespace pleat::cuda
