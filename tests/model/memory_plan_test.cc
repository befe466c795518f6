// The memory plan against itself; bench/README.md holds it against measurements.
#include "model/memory_plan.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/isa.h"

namespace pleat {
namespace {

constexpr int64_t kGib = int64_t{1} << 30;

PredictionSize size_of(int64_t tokens) { return {tokens, 8 * tokens, 1024, 5, 2}; }

MemoryPlan plan(int64_t tokens, int64_t limit) {
  return plan_memory(size_of(tokens), Arithmetic::float32, held_by_program(Arithmetic::float32), limit);
}

TEST(MemoryPlan, GrowsWithTheJob) {
  int64_t before = 0;
  for (const int64_t tokens : {20, 76, 256, 512, 1024, 2048, 5120}) {
    const MemoryPlan p = plan(tokens, INT64_MAX);
    EXPECT_GT(p.peak(), before);
    EXPECT_GE(p.peak(), p.held + 512 * tokens * tokens) << "the pair alone";
    EXPECT_TRUE(p.keep_pair_logits);
    before = p.peak();
  }
}

TEST(MemoryPlan, GivesUpThePairLogitsFirst) {
  const MemoryPlan rich = plan(2048, INT64_MAX);
  const MemoryPlan poor = plan(2048, rich.diffusion - 1);
  EXPECT_FALSE(poor.keep_pair_logits);
  EXPECT_LT(poor.diffusion, rich.diffusion - 4 * kGib);
  EXPECT_EQ(poor.trunk, rich.trunk);
}

TEST(MemoryPlan, RefusesWithTheNumbers) {
  try {
    require_memory(size_of(5120), Arithmetic::float32, kGib, 8 * kGib);
    FAIL() << "8 GiB can't hold 5,120 tokens";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("5120 tokens need"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("8.0 GiB may be used"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("--max_memory"));
  }
  EXPECT_LE(require_memory(size_of(256), Arithmetic::float32, 2 * kGib, 8 * kGib).peak(), 8 * kGib);
}

}  // namespace
}  // namespace pleat
