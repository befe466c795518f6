#include "kernels/peak.h"

#include <gtest/gtest.h>

#include "kernels/isa.h"

namespace pleat::kernels {
namespace {

TEST(Peak, IsMoreThanOneOperationACycle) {
  use_isa(active_isa());
  ThreadPool pool(1);
  const double peak = float32_peak(pool);
  // 8 lanes, 2 operations, 1 to 2 instructions a cycle of a processor of 1 GHz at least; at most twice as
  // wide, 6 GHz.
  EXPECT_GT(peak, 1e9);
  EXPECT_LT(peak, 6e9 * 2 * 2 * 16);
}

TEST(Peak, OfBfloat16IsThatOfInstructions) {
  ThreadPool pool(1);
  use_isa(Isa::avx512_bf16_emulated);
  EXPECT_EQ(bfloat16_peak(pool), 0);
  EXPECT_GT(bfloat16_peak(avx512_bf16_emulated_unit(), pool), 1e6);
  EXPECT_GT(bfloat16_peak(amx_emulated_unit(), pool), 1e6);
  use_isa(active_isa());
}

}  // namespace
}  // namespace pleat::kernels
