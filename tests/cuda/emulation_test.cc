// The emulation of blocks and instructions: layouts as NVIDIA's PTX manual gives them, and that what hardware
// leaves open is made as bad as it may be.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <set>
#include <vector>

#include "cuda/gpu.h"

namespace pleat::cuda {
namespace {

constexpr int kThreads = 64;

// Runs one block of `kernel`, which sees `arguments`.
template <class Arguments>
void run(void (*kernel)(const void*), const Arguments& arguments, int64_t shared_bytes = 0,
         uint64_t seed = 1) {
  emulation::run_block(kernel, &arguments, {3, 2, 1}, kThreads, shared_bytes, seed);
}

struct Floats {
  float* values;
};

TEST(Emulation, BarriersSeparateThreads) {
  std::array<float, kThreads> out{};
  run(
      [](const void* a) {
        auto* shared = reinterpret_cast<float*>(shared_memory());
        const int t = thread_index();
        for (int round = 0; round < 3; ++round) {
          shared[t] = static_cast<float>(t + round);
          barrier();
          const float other = shared[kThreads - 1 - t];
          barrier();
          static_cast<const Floats*>(a)->values[t] += other;
        }
      },
      Floats{out.data()}, kThreads * sizeof(float));
  for (int t = 0; t < kThreads; ++t)
    EXPECT_EQ(out[static_cast<size_t>(t)], 3.0f * (kThreads - 1 - t) + 3) << t;
}

TEST(Emulation, ThreadsRunInAnOrderOfTheSeed) {
  struct Order {
    std::vector<int>* order;
  };
  std::set<std::vector<int>> orders;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    std::vector<int> order;
    run([](const void* a) { static_cast<const Order*>(a)->order->push_back(thread_index()); }, Order{&order},
        0, seed);
    EXPECT_EQ(std::set<int>(order.begin(), order.end()).size(), static_cast<size_t>(kThreads));
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 4u);
}

TEST(Emulation, SharedMemoryBeginsAsNaN) {
  std::array<float, kThreads> out{};
  run(
      [](const void* a) {
        const int t = thread_index();
        static_cast<const Floats*>(a)->values[t] = reinterpret_cast<float*>(shared_memory())[t];
      },
      Floats{out.data()}, kThreads * sizeof(float));
  for (const float x : out) EXPECT_TRUE(std::isnan(x));
}

struct Copies {
  const float* from;
  float *at_start, *at_first, *at_end;
};

// Two groups of copies: each lands when it is waited for, not before.
TEST(Emulation, CopiesLandLate) {
  alignas(16) std::array<float, 8 * kThreads> from;
  for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i);
  std::array<float, kThreads> start{}, first{}, end{};
  run(
      [](const void* a) {
        const auto& c = *static_cast<const Copies*>(a);
        const int t = thread_index();
        auto* shared = reinterpret_cast<float*>(shared_memory()) + 8 * t;
        for (int i = 0; i < 8; ++i) shared[i] = -1;
        start_copy(shared, c.from + 8 * t, true);
        end_copy_group();
        start_copy(shared + 4, c.from + 8 * t + 4, t % 2 == 0);
        end_copy_group();
        c.at_start[t] = shared[0];
        wait_copies<1>();
        c.at_first[t] = shared[1] + (std::isnan(shared[4]) ? 0.0f : 1e9f);
        wait_copies<0>();
        c.at_end[t] = shared[4];
      },
      Copies{from.data(), start.data(), first.data(), end.data()}, 8 * kThreads * sizeof(float));
  for (size_t t = 0; t < kThreads; ++t) {
    EXPECT_TRUE(std::isnan(start[t]));
    EXPECT_EQ(first[t], static_cast<float>(8 * t + 1));
    EXPECT_EQ(end[t], t % 2 == 0 ? static_cast<float>(8 * t + 4) : 0.0f);
  }
}

TEST(Emulation, SumsAndMaximaOfAWarp) {
  std::array<float, 4 * kThreads> out{};
  run(
      [](const void* a) {
        const int t = thread_index();
        float pair[2] = {static_cast<float>(t), static_cast<float>(-t)}, most[2] = {pair[0], pair[1]};
        quad_sum(pair);
        quad_max(most);
        float* to = static_cast<const Floats*>(a)->values + 4 * t;
        to[0] = warp_sum(static_cast<float>(t));
        to[1] = warp_max(static_cast<float>(t));
        to[2] = pair[0] + pair[1];
        to[3] = most[0] - most[1];
      },
      Floats{out.data()});
  for (int t = 0; t < kThreads; ++t) {
    const int warp = t / 32, quad = t / 4;
    const float* x = &out[4 * static_cast<size_t>(t)];
    EXPECT_EQ(x[0], 496.0f + 1024.0f * static_cast<float>(warp));
    EXPECT_EQ(x[1], static_cast<float>(32 * warp + 31));
    EXPECT_EQ(x[2], 0.0f);
    EXPECT_EQ(x[3], static_cast<float>(4 * quad + 3 + 4 * quad));
  }
}

// --- Matrix instructions: a warp's product of tiles in shared memory against the sums in double precision.

constexpr int kRows = 32, kCols = 32, kDepth = 16, kStride = 24;

struct TileProduct {
  const uint16_t *a, *b;  // [kRows, kDepth], [kCols, kDepth]
  float* c;               // [kRows, kCols]
};

void tile_product(const void* arguments) {
  const auto& p = *static_cast<const TileProduct*>(arguments);
  auto* shared = reinterpret_cast<uint16_t*>(shared_memory());
  for (int i = thread_index(); i < kRows * kDepth; i += kThreads) {
    shared[i / kDepth * kStride + i % kDepth] = p.a[i];
    shared[(kRows + i / kDepth) * kStride + i % kDepth] = p.b[i];
  }
  barrier();
  const int lane = lane_index(), g = lane / 4, t = lane % 4;
  uint32_t a[2][4], b[4][2];
  for (int m = 0; m < 2; ++m) load_matrices(shared + (16 * m + lane % 16) * kStride + lane / 16 * 8, a[m]);
  for (int n = 0; n < 4; ++n)
    for (int e = 0; e < 2; ++e)
      std::memcpy(&b[n][e], shared + (kRows + 8 * n + g) * kStride + 2 * t + 8 * e, 4);
  float c[2][4][4] = {};
  multiply_bf16(a, b, c);
  if (warp_index() != 0) return;
  for (int m = 0; m < 2; ++m)
    for (int n = 0; n < 4; ++n)
      for (int e = 0; e < 4; ++e) p.c[(16 * m + g + e / 2 * 8) * kCols + 8 * n + 2 * t + e % 2] = c[m][n][e];
}

TEST(Emulation, MatrixInstructions) {
  std::mt19937 generator(5);
  std::normal_distribution<float> normal;
  std::vector<uint16_t> a(kRows * kDepth), b(kCols * kDepth);
  for (auto* m : {&a, &b})
    for (uint16_t& x : *m) x = to_bf16(normal(generator));
  std::vector<float> c(kRows * kCols);
  run(tile_product, TileProduct{a.data(), b.data(), c.data()}, (kRows + kCols) * kStride * sizeof(uint16_t));
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kCols; ++j) {
      double sum = 0;
      for (int k = 0; k < kDepth; ++k)
        sum += static_cast<double>(from_bf16(a[static_cast<size_t>(i * kDepth + k)])) *
               from_bf16(b[static_cast<size_t>(j * kDepth + k)]);
      EXPECT_NEAR(c[static_cast<size_t>(i * kCols + j)], sum, 1e-5) << i << " " << j;
    }
}

// One instruction of TF32, its operands laid out as NVIDIA's PTX manual has them (m16n8k8). The lower 13 bits of an
// operand are ignored.
constexpr int kTf32Depth = 8;

struct Tf32Product {
  const float *a, *b;  // [16, 8], [8, 8] transposed
  float *c, *rounded;  // [16, 8]; round_tf32 of a
};

void tf32_product(const void* arguments) {
  const auto& p = *static_cast<const Tf32Product*>(arguments);
  const int g = lane_index() / 4, t = lane_index() % 4;
  uint32_t a[1][4], b[1][2];
  for (int e = 0; e < 4; ++e) {
    const int at = (g + e % 2 * 8) * kTf32Depth + t + e / 2 * 4;
    a[0][e] = bits_of_float(p.a[at]);
    p.rounded[at] = round_tf32(p.a[at]);
  }
  for (int e = 0; e < 2; ++e) b[0][e] = bits_of_float(p.b[g * kTf32Depth + t + 4 * e]);
  float c[1][1][4] = {};
  multiply_tf32(a, b, c);
  for (int e = 0; e < 4; ++e) p.c[(g + e / 2 * 8) * 8 + 2 * t + e % 2] = c[0][0][e];
}

TEST(Emulation, Tf32) {
  std::mt19937 generator(6);
  std::normal_distribution<float> normal;
  std::vector<float> a(16 * kTf32Depth), b(8 * kTf32Depth), c(16 * 8), rounded(a.size());
  for (auto* m : {&a, &b})
    for (float& x : *m) x = normal(generator);
  a[0] = 1 + 0x1p-11f;  // a tie
  a[1] = -3 - 0x1p-10f;
  a[2] = INFINITY;
  run(tf32_product, Tf32Product{a.data(), b.data(), c.data(), rounded.data()});
  const auto truncated = [](float x) { return float_of_bits(bits_of_float(x) & 0xffffe000u); };
  for (size_t i = 1; i < 16; ++i)
    for (size_t j = 0; j < 8; ++j) {
      double sum = 0;
      for (size_t k = 0; k < kTf32Depth; ++k)
        sum += static_cast<double>(truncated(a[i * kTf32Depth + k])) * truncated(b[j * kTf32Depth + k]);
      EXPECT_NEAR(c[i * 8 + j], sum, 4e-6) << i << " " << j;
    }
  EXPECT_EQ(rounded[0], 1 + 0x1p-10f);
  EXPECT_EQ(rounded[1], -3 - 0x1p-9f);
  EXPECT_EQ(rounded[2], INFINITY);
  for (size_t i = 3; i < a.size(); ++i)
    EXPECT_LE(std::abs(rounded[i] - a[i]), std::abs(a[i]) * 0x1p-11f) << i;
}

// --- What can't be right on hardware

using EmulationDeathTest = testing::Test;

TEST(EmulationDeathTest, ThreadsOfAWarpWaitAtDifferentPlaces) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(run(
                   [](const void*) {
                     if (lane_index() < 7)
                       barrier();
                     else
                       warp_barrier();
                   },
                   0),
               "kLanes");
}

TEST(EmulationDeathTest, ABarrierThatSomeNeverReach) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(run([](const void*) { warp_index() == 0 ? barrier() : void(); }, 0), "waiting == 0");
}

TEST(EmulationDeathTest, CopiesUnderWayAtTheEnd) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  alignas(16) static const float zeros[4] = {};
  EXPECT_DEATH(run([](const void*) { start_copy(shared_memory() + 16 * thread_index(), zeros, true); }, 0,
                   16 * kThreads),
               "copies");
}

}  // namespace
}  // namespace pleat::cuda
