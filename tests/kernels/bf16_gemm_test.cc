// What products on tiles ask of the processor, counted.
#include "kernels/bf16_gemm.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tensor/tensor.h"

namespace pleat::kernels {
namespace {

#include "kernels/bf16_tiles-inl.h"

struct Counts {
  int64_t dots = 0, loads = 0, sums_loaded = 0, stores = 0, scattered_loads = 0;
};
Counts counts;

// Tiles without contents. A load of a tile whose rows are no cache lines one after the other is scattered.
struct CountingTiles {
  template <int t>
  void zero() {}
  template <int t>
  void load(const void*, int64_t stride) {
    (t < 4 ? counts.sums_loaded : counts.loads) += 1;
    if (t == 4 || t == 5) counts.scattered_loads += stride != 64;
  }
  template <int t>
  void store(void*, int64_t) {
    ++counts.stores;
  }
  template <int t, int a, int b>
  void dot() {
    ++counts.dots;
  }
};

void multiply(const Bf16x2Product& product) {
  CountingTiles tiles;
  multiply_tiles(tiles, product);
}

Counts counts_of(int64_t rows, int64_t depth, int64_t cols, int parts) {
  const Bf16x2Unit unit = {[] {}, [] {}, amx_emulated_unit().split, multiply, true};
  const Tensor<float> a({rows, depth}), b({depth, cols});
  Tensor<float> c({rows, cols});
  Tensor<uint32_t> packed({bf16x2_panels_size(depth, cols, parts)});
  pack_bf16x2_panels(b.data(), depth, cols, cols, 1, parts, packed.data());
  counts = {};
  bf16x2_gemm(unit, ConstMat(a.data(), rows, depth), {packed.data(), depth, cols, parts},
              Mat(c.data(), rows, cols), false);
  return counts;
}

TEST(Tiles, SumAllOfKBeforeTheyAreStored) {
  const Counts split = counts_of(192, 768, 3072, 2);
  const int64_t tiles = 192 / 16 * (3072 / 16), steps = 768 / 32;
  EXPECT_EQ(split.dots, tiles * steps * 3);
  EXPECT_EQ(split.stores, tiles);
  EXPECT_EQ(split.sums_loaded, 0);
  // Of 2 x 2 tiles: the two of each part of A and B, A's large part loaded once for two terms.
  EXPECT_EQ(split.loads, tiles / 4 * steps * 8);
}

TEST(Tiles, ReadShortRowsInTheirOrder) {
  const Counts rounded = counts_of(96, 128, 512, 1);
  const int64_t tiles = 96 / 16 * (512 / 16), steps = 128 / 32;
  EXPECT_EQ(rounded.dots, tiles * steps);
  EXPECT_EQ(rounded.stores, tiles);
  EXPECT_EQ(rounded.scattered_loads, 0);
  EXPECT_GT(counts_of(96, 256, 512, 1).scattered_loads, 0) << "of longer rows";
}

TEST(Tiles, BeyondTheMatrixAreNotMultiplied) {
  const Counts edge = counts_of(17, 33, 40, 1);
  EXPECT_EQ(edge.dots, 2 * 3 * 2);
  EXPECT_EQ(edge.stores, 2 * 3);
}

}  // namespace
}  // namespace pleat::kernels
