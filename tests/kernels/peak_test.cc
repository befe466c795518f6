#include "kernels/peak.h"

#include <gtest/gtest.h>

#include "kernels/isa.h"

namespace pleat::kernels {
namespace {

TEST(Peak, IsWhatAProcessorCanReach) {
  use_isa(active_isa());
  ThreadPool pool(1);
  const double peak = float32_peak(pool);
  // A build without optimisation reaches some 1e8; at most 16 lanes, 2 operations, 2 instructions a cycle, 6 GHz.
  EXPECT_GT(peak, 1e6);
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
