// The memory plan against itself; `pleat bench --parts memory` holds it against measurements, of which
// bench/README.md records some.
#include "model/memory_plan.h"

#include <gmock/gmock.h>
#include <malloc.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/isa.h"
#include "model/counting_backend.h"
#include "model/model.h"
#include "ops/cpu_backend.h"
#include "tests/support.h"
#include "tests/weights/other_sizes.h"
#include "weights/parameters.h"

namespace pleat::model {
namespace {

using weights::NetworkSizes;
using weights::official_sizes;
using weights::Parameters;

using ops::Arithmetic;

// The CPU's, on two threads.
struct Cpu {
  ThreadPool pool{2};
  ops::CpuBackend ops{pool};
};
const ops::Backend& backend() {
  static const Cpu cpu;
  return cpu.ops;
}

constexpr int64_t kGib = int64_t{1} << 30;

PredictionSize size_of(int64_t tokens) { return {tokens, 8 * tokens, 1024, 5}; }

const Parameters& official() {
  static const Parameters parameters = Parameters::of_sizes(official_sizes());
  return parameters;
}

MemoryPlan plan(int64_t tokens, int64_t limit) {
  return plan_memory(backend(), official_sizes(), size_of(tokens), Arithmetic::float32,
                     held_by_program(backend(), official(), Arithmetic::float32), limit);
}

TEST(MemoryPlan, CountsEveryStoredAndPackedParameter) {
  constexpr double kValues = 368e6, kMib = 1 << 20;
  const auto packed = static_cast<double>(held_by_program(backend(), official(), Arithmetic::float32));
  EXPECT_NEAR(packed, 4 * kValues, 120 * kMib);
  EXPECT_GT(held_while_packing(backend(), official(), Arithmetic::float32),
            held_by_program(backend(), official(), Arithmetic::float32));
  EXPECT_LT(held_while_packing(backend(), official(), Arithmetic::float32),
            2 * held_by_program(backend(), official(), Arithmetic::float32));
  // The diffusion stays in 32 bits, and instructions that multiply pairs want narrow matrices padded to 32
  // columns.
  EXPECT_LT(held_by_program(backend(), official(), Arithmetic::bfloat16),
            held_by_program(backend(), official(), Arithmetic::float32) - 250 * kMib);
}

TEST(MemoryPlan, HoldsThePairInHalfTheMemoryInBfloat16) {
  const MemoryPlan floats = plan(2048, INT64_MAX);
  const MemoryPlan halves =
      plan_memory(backend(), official_sizes(), size_of(2048), Arithmetic::bfloat16, floats.held, INT64_MAX);
  constexpr int64_t kPair = int64_t{2048} * 2048 * 128;
  EXPECT_GE(floats.trunk - halves.trunk, 2 * kPair) << "the pair";
  EXPECT_GE(floats.confidence - halves.confidence, 4 * kPair) << "the pair and a sample's copy";
}

// The largest job of the reference's own buckets, on what a workstation has.
TEST(MemoryPlan, Holds5120TokensIn20GB) {
  const int64_t held = held_by_program(backend(), official(), Arithmetic::bfloat16);
  const MemoryPlan p =
      plan_memory(backend(), official_sizes(), size_of(5120), Arithmetic::bfloat16, held, 20'000'000'000);
  EXPECT_LE(p.trunk, 20'000'000'000);
  EXPECT_LE(p.diffusion, 20'000'000'000);
  EXPECT_FALSE(p.keep_pair_logits);
}

TEST(MemoryPlan, CountsResultsThatAreKept) {
  PredictionSize size = size_of(5120);
  const MemoryPlan lean = plan_memory(backend(), official_sizes(), size, Arithmetic::float32, 0, INT64_MAX);
  size.samples = 20;
  size.keep_distogram = size.keep_pair_embeddings = true;
  const MemoryPlan rich = plan_memory(backend(), official_sizes(), size, Arithmetic::float32, 0, INT64_MAX);
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

// The order in which memory is given up: pair logits, then the device's pair.
TEST(MemoryPlan, KeepsADevicesPairOnTheHostIfNothingElseFits) {
  class Device : public CountingBackend {
   public:
    explicit Device(int64_t host) : host_(host) {}
    int64_t host_bytes() const override { return host_; }

   private:
    int64_t host_;
  };
  const auto plan_on = [](int64_t host, int64_t tokens, int64_t limit) {
    return plan_memory(Device(host), official_sizes(), size_of(tokens), Arithmetic::bfloat16, 0, limit);
  };
  constexpr int64_t kTokens = 2048, kPair = kTokens * kTokens * 128 * 2, kHost = 2 * kPair;
  const MemoryPlan fits = plan_on(kHost, kTokens, plan_on(0, kTokens, 0).peak());
  EXPECT_FALSE(fits.pair_on_host);
  EXPECT_EQ(fits.host, 0);
  const MemoryPlan beyond = plan_on(kHost, kTokens, fits.peak() - 1);
  EXPECT_TRUE(beyond.pair_on_host);
  EXPECT_EQ(beyond.host, kHost);
  EXPECT_EQ(beyond.trunk, fits.trunk - kPair);
  EXPECT_EQ(beyond.confidence, fits.confidence - 2 * kPair) << "the pair and a sample's copy";
  EXPECT_FALSE(plan_on(kHost - 1, kTokens, fits.peak() - 1).pair_on_host)
      << "too little of the host's memory";
  EXPECT_FALSE(plan_on(kHost, kTokens, 0).pair_on_host) << "nothing fits";
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
    require_memory(backend(), official_sizes(), size_of(5120), Arithmetic::float32, kGib, 8 * kGib);
    FAIL() << "8 GiB can't hold 5,120 tokens";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("5120 tokens need"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("pleat may use only 8.0 GiB"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("--max_memory"));
  }
  EXPECT_LE(require_memory(backend(), official_sizes(), size_of(256), Arithmetic::float32, 2 * kGib, 8 * kGib)
                .peak(),
            8 * kGib);
}

// --- Networks of other sizes

// Bytes held without those that were freed.
int64_t held_memory() {
  malloc_trim(0);
  return resident_memory();
}

// What the parameters and a prediction take, against the plan. The C library holds some more, in pieces too
// small to be given back, and the stack of temporaries and each thread's scratch end in a page of 2 MiB.
void expect_planned(const Parameters& parameters, const featurise::Batch& batch) {
  constexpr int64_t kLibrary = 16 << 20, kOfPrediction = 10 << 20;
  ThreadPool pool(2);
  const int64_t packed = held_by_program(backend(), parameters, Arithmetic::float32) -
                         held_by_program(backend(), Parameters(), Arithmetic::float32);
  const int64_t before = held_memory();
  ops::CpuBackend ops(pool);
  const Model model(parameters, Arithmetic::float32, ops);
  const int64_t held = held_memory();
  EXPECT_NEAR(static_cast<double>(held - before), static_cast<double>(packed), kLibrary);

  constexpr int kSamples = 2;
  const PredictionSize size{batch.tokens, atom_layout(batch).atoms, batch.num_alignments(), kSamples, true,
                            true};
  ModelOptions options;
  options.num_recycles = 0;
  options.num_diffusion_samples = kSamples;
  options.num_diffusion_steps = 2;
  reset_peak_memory();
  model.predict(batch, 1, options);
  const int64_t used = peak_memory() - held;
  const int64_t peak =
      plan_memory(backend(), network_sizes(parameters), size, Arithmetic::float32, 0, INT64_MAX).peak();
  EXPECT_NEAR(static_cast<double>(used), static_cast<double>(peak), kOfPrediction);
}

TEST(MemoryPlan, IsWhatNetworksOfOtherSizesTake) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "Sanitizers hold memory of their own.";
#endif
  const fs::path golden = pleat::test::kGolden / "jobs/small_network";
  const featurise::Batch batch = featurise::read_features(golden / "features.npz");
  ThreadPool pool(2);
  return_freed_memory();
  expect_planned(Parameters::load(pleat::test::kSmallWeights.string(), pool), batch);
  expect_planned(Parameters::synthesise(1, pool, weights::test::other_sizes()), batch);
}

// What a size more of one kind takes, by the definition of what is held.
TEST(MemoryPlan, FollowsTheSizesOfTheNetwork) {
  constexpr int64_t kTokens = 500, kPairs = kTokens * kTokens * 4;
  const NetworkSizes other = weights::test::other_sizes();
  const auto more = [&](const char* name, int64_t limit, int64_t MemoryPlan::*stage) {
    NetworkSizes larger = other;
    weights::size_named(larger, name) += 1;
    const auto bytes = [&](const NetworkSizes& sizes) {
      return plan_memory(backend(), sizes, size_of(kTokens), Arithmetic::float32, 0, limit).*stage;
    };
    return bytes(larger) - bytes(other);
  };
  const auto& transformer = other.diffusion.transformer;
  EXPECT_EQ(more("pair_channels", INT64_MAX, &MemoryPlan::diffusion), kPairs);
  EXPECT_EQ(more("diffusion.transformer.blocks", INT64_MAX, &MemoryPlan::diffusion),
            transformer.super_blocks * transformer.heads * kPairs);
  EXPECT_EQ(more("diffusion.pair_channels", 0, &MemoryPlan::diffusion), kPairs) << "logits are not kept";
  EXPECT_EQ(more("diffusion.transformer.blocks", 0, &MemoryPlan::diffusion), 0);
  for (const char* name : {"diffusion.encoder.blocks", "diffusion.encoder.heads", "diffusion.decoder.blocks",
                           "diffusion.atom_channels"})
    EXPECT_GT(more(name, INT64_MAX, &MemoryPlan::diffusion), 0) << name;
  EXPECT_EQ(more("distogram_bins", INT64_MAX, &MemoryPlan::confidence), 0) << "the distogram is not kept";
}

TEST(MemoryPlan, AGigabyteHoldsTheSmallNetwork) {
  const Parameters outline = Parameters::outline(pleat::test::kSmallWeights.string());
  EXPECT_LT(held_while_packing(backend(), outline, Arithmetic::float32), kGib / 4);
  require_memory_for_packing(backend(), outline, Arithmetic::float32, kGib);
  const MemoryPlan small =
      plan_memory(backend(), network_sizes(outline), size_of(500), Arithmetic::float32, 0, kGib);
  EXPECT_LT(small.peak(), kGib / 2);
  EXPECT_TRUE(small.keep_pair_logits);
  try {
    require_memory_for_packing(backend(), official(), Arithmetic::float32, kGib);
    FAIL() << "1 GiB can't hold the official parameters";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("during packing, but pleat may use only 1.0 GiB"));
  }
}

}  // namespace
}  // namespace pleat::model
