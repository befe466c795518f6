#include "bench/estimate.h"

#include <gtest/gtest.h>

#include "bench/workloads.h"

namespace pleat::bench {
namespace {

JobSize size_of(const input::FoldInput& job) { return job_size(job, *chem::Ccd::embedded(), {}); }

TEST(JobSize, CountsRowsAndTemplatesOfTheLargestChain) {
  input::FoldInput job = random_protein(10);
  auto chain = std::get<input::ProteinChain>(job.chains[0]);
  EXPECT_EQ(size_of(job).msa_rows, 1);
  EXPECT_EQ(size_of(job).tokens, 10);
  EXPECT_EQ(size_of(job).bucket, 128);
  chain.id = "B";
  chain.unpaired_msa = ">query\n" + chain.sequence + "\n>row\n" + chain.sequence + "\n";
  chain.paired_msa = chain.unpaired_msa;
  chain.templates->resize(2);
  job.chains.push_back(chain);
  const JobSize size = size_of(job);
  EXPECT_EQ(size.tokens, 20);
  EXPECT_EQ(size.msa_rows, 3) << "both MSAs have the query";
  EXPECT_EQ(size.templates, 2);
  EXPECT_TRUE(size.complete);
}

TEST(JobSize, AssumesWhatIsMissing) {
  input::FoldInput job = random_protein(10);
  auto& chain = std::get<input::ProteinChain>(job.chains[0]);
  chain.unpaired_msa.reset();
  chain.templates.reset();
  const JobSize size = size_of(job);
  EXPECT_EQ(size.msa_rows, kAssumedRows);
  EXPECT_EQ(size.templates, featurise::kTemplates);
  EXPECT_FALSE(size.complete);
}

TEST(Estimate, CountsOneTrunkPassMoreThanRecycles) {
  const Calibration calibration{{{64, 1e9}}, {{64, 1e9}}, 0.1};
  const weights::NetworkSizes& network = weights::official_sizes();
  const JobSize size{.tokens = 64, .atoms = 500, .bucket = 128};
  model::ModelOptions options;
  const auto seconds = [&](int recycles, int steps) {
    options.num_recycles = recycles;
    options.num_diffusion_steps = steps;
    return seconds_of_seed(network, size, true, options, calibration);
  };
  const StageSeconds base = seconds(0, 1), longer = seconds(2, 3);
  EXPECT_DOUBLE_EQ(base.features, 6.4);
  EXPECT_GT(longer.trunk, 2.5 * base.trunk);
  EXPECT_LT(longer.trunk, 3 * base.trunk) << "target_feat is computed once";
  EXPECT_GT(longer.diffusion, base.diffusion);
  EXPECT_LT(longer.diffusion, 3 * base.diffusion) << "the preparation is done once";
  EXPECT_DOUBLE_EQ(longer.confidence, base.confidence);
  EXPECT_DOUBLE_EQ(base.sum(), base.features + base.trunk + base.diffusion + base.confidence);
}

// Without products and exponentials to speak of, the bytes take the time; split products are three of bfloat16.
TEST(Estimate, OfAGpuIsWhatItsPeaksAllow) {
  const JobSize size{.tokens = 64, .atoms = 500, .bucket = 128};
  model::ModelOptions options;
  const auto seconds = [&](ops::Arithmetic arithmetic, const cuda::Rates& rates) {
    return least_seconds_of_seed(weights::official_sizes(), size, true, options, arithmetic, rates);
  };
  constexpr double kFast = 1e30;
  const auto slow_memory = seconds(ops::Arithmetic::bfloat16, {kFast, kFast, kFast, 1e9, kFast});
  const auto slower_memory = seconds(ops::Arithmetic::bfloat16, {kFast, kFast, kFast, 5e8, kFast});
  EXPECT_NEAR(slower_memory.sum(), 2 * slow_memory.sum(), 1e-9 * slower_memory.sum());
  const cuda::Rates products{3e9, 1e9, 1e9, kFast, kFast};
  const auto split = seconds(ops::Arithmetic::bfloat16, products),
             tf32 = seconds(ops::Arithmetic::tf32, products);
  EXPECT_DOUBLE_EQ(split.diffusion, tf32.diffusion);
  EXPECT_DOUBLE_EQ(split.trunk, tf32.trunk);
  EXPECT_EQ(split.features, 0);
  const auto exponentials = seconds(ops::Arithmetic::float32, {kFast, kFast, kFast, kFast, 1e9});
  EXPECT_GT(exponentials.trunk, 0);
}

}  // namespace
}  // namespace pleat::bench
