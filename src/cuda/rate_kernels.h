// Kernels that do one thing as fast as a card can: tensor products, fused multiply-adds, exponentials, copies.
// cuda/rates.h times them.
#pragma once

#include "cuda/gpu.h"

namespace pleat::cuda {

// `rounds` rounds by every thread; the results go to `out`, one word per thread, so that no work is left out.
struct RateArguments {
  const uint32_t* in = nullptr;  // words of operands, near 1
  uint32_t* out = nullptr;
  int64_t rounds = 0;
};
constexpr int kRateThreads = 256;
constexpr int kRateTilesM = 2, kRateTilesN = 4;  // of a warp, as in product.h
constexpr int kRateChains = 8;                   // independent values of a thread
constexpr int kRateWords = 16;                   // operands of a thread
constexpr int kCopiedBytes = 16;                 // of a thread and round

template <class Multiply>
PLEAT_GPU void rate_of_products(const RateArguments& p, Multiply&& multiply) {
  const uint32_t* in = p.in + kRateWords * thread_index();
  uint32_t a[kRateTilesM][4], b[kRateTilesN][2];
  PLEAT_UNROLL
  for (int i = 0; i < 4 * kRateTilesM; ++i) a[i / 4][i % 4] = in[i];
  PLEAT_UNROLL
  for (int i = 0; i < 2 * kRateTilesN; ++i) b[i / 2][i % 2] = in[4 * kRateTilesM + i];
  float c[kRateTilesM][kRateTilesN][4] = {};
  for (int64_t round = 0; round < p.rounds; ++round) multiply(a, b, c);
  float sum = 0;
  PLEAT_UNROLL
  for (int i = 0; i < 4 * kRateTilesM * kRateTilesN; ++i)
    sum += c[i / 4 / kRateTilesN][i / 4 % kRateTilesN][i % 4];
  p.out[block_x() * kRateThreads + thread_index()] = bits_of_float(sum);
}
PLEAT_GPU void rate_bf16_products(const RateArguments& p) {
  rate_of_products(p, [](const auto& a, const auto& b, auto& c) { multiply_bf16(a, b, c); });
}
PLEAT_GPU void rate_tf32_products(const RateArguments& p) {
  rate_of_products(p, [](const auto& a, const auto& b, auto& c) { multiply_tf32(a, b, c); });
}

// x = f(x) of independent values.
template <class F>
PLEAT_GPU void rate_of_chains(const RateArguments& p, F&& f) {
  float x[kRateChains], sum = 0;
  PLEAT_UNROLL
  for (int i = 0; i < kRateChains; ++i) x[i] = float_of_bits(p.in[kRateWords * thread_index() + i]);
  for (int64_t round = 0; round < p.rounds; ++round) {
    PLEAT_UNROLL
    for (float& value : x) value = f(value);
  }
  for (const float value : x) sum += value;
  p.out[block_x() * kRateThreads + thread_index()] = bits_of_float(sum);
}
PLEAT_GPU void rate_float32_products(const RateArguments& p) {
  const float factor = float_of_bits(p.in[kRateWords - 1]);
  rate_of_chains(p, [=](float x) { return fmaf(x, factor, factor); });
}
PLEAT_GPU void rate_exponentials(const RateArguments& p) {
  rate_of_chains(p, [](float x) { return exp2_fast(x); });
}

// Copies kCopiedBytes a round from `in` to `out`: round r of all threads after round r - 1 of all. `blocks` of the
// launch is the stride.
struct CopyRateArguments {
  const uint32_t* in = nullptr;
  uint32_t* out = nullptr;
  int64_t rounds = 0, blocks = 0;
};
struct alignas(kCopiedBytes) CopiedWords {
  uint32_t words[4];
};
PLEAT_GPU void rate_copies(const CopyRateArguments& p) {
  const auto* in = reinterpret_cast<const CopiedWords*>(p.in);
  auto* out = reinterpret_cast<CopiedWords*>(p.out);
  for (int64_t round = 0; round < p.rounds; ++round) {
    const int64_t at = (round * p.blocks + block_x()) * kRateThreads + thread_index();
    out[at] = in[at];
  }
}

}  // namespace pleat::cuda
