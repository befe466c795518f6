// The memory plan against itself; `pleat bench --parts memory` holds it against measurements, of which
// bench/README.md records some.
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

TEST(MemoryPlan, CountsEveryStoredAndPackedParameter) {
  constexpr double kValues = 368e6, kMib = 1 << 20;
  const auto packed = static_cast<double>(held_by_program(Arithmetic::float32));
  EXPECT_NEAR(packed, 4 * kValues, 120 * kMib);
  EXPECT_GT(held_while_packing(Arithmetic::float32), held_by_program(Arithmetic::float32));
  EXPECT_LT(held_while_packing(Arithmetic::float32), 2 * held_by_program(Arithmetic::float32));
  // The diffusion stays in float32 where no instruction multiplies bfloat16.
  EXPECT_LT(held_by_program(Arithmetic::bfloat16), held_by_program(Arithmetic::float32) - 300 * kMib);
}

TEST(MemoryPlan, HoldsThePairInHalfTheMemoryInBfloat16) {
  const MemoryPlan floats = plan(2048, INT64_MAX);
  const MemoryPlan halves = plan_memory(size_of(2048), Arithmetic::bfloat16, floats.held, INT64_MAX);
  constexpr int64_t kPair = int64_t{2048} * 2048 * 128;
  EXPECT_GE(floats.trunk - halves.trunk, 2 * kPair) << "the pair";
  EXPECT_GE(floats.confidence - halves.confidence, 4 * kPair) << "the pair and a sample's copy";
}

// The largest job of the reference's own buckets, on what a workstation has.
TEST(MemoryPlan, Holds5120TokensIn20GB) {
  const int64_t held = held_by_program(Arithmetic::bfloat16);
  const MemoryPlan p = plan_memory(size_of(5120), Arithmetic::bfloat16, held, 20'000'000'000);
  EXPECT_LE(p.trunk, 20'000'000'000);
  EXPECT_LE(p.diffusion, 20'000'000'000);
  EXPECT_FALSE(p.keep_pair_logits);
}

TEST(MemoryPlan, CountsResultsThatAreKept) {
  PredictionSize size = size_of(5120);
  const MemoryPlan lean = plan_memory(size, Arithmetic::float32, 0, INT64_MAX);
  size.samples = 20;
  size.keep_distogram = size.keep_pair_embeddings = true;
  const MemoryPlan rich = plan_memory(size, Arithmetic::float32, 0, INT64_MAX);
  EXPECT_GE(rich.confidence - lean.confidence, int64_t{15} * 4 * 5120 * 5120 * 4);
}

TEST(MemoryPlan, GrowsWithTheJob) {
  int64_t before = 0;
  for (const int64_t tokens : {20, 76, 256, 512, 1024, 2048, 5120}) {
    const MemoryPlan p = plan(tokens, INT64_MAX);
    EXPECT_GT(p.peak(), before);
    EXPECT_GE(p.peak(), p.held + 512 * tokens * tokens) << "the pair alone";
    EXPECT_GE(p.trunk, p.trunk_block);
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
