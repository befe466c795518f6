// The formulas of the network's work against counts of the products that it runs.
#include "model/work.h"

#include <gtest/gtest.h>

#include <map>

#include "kernels/isa.h"
#include "model/model.h"
#include "tests/model/product_count.h"
#include "tests/model/stages.h"
#include "tests/weights/other_sizes.h"

namespace pleat::model {
namespace {

using test::take_product_count;
using weights::NetworkSizes;
using weights::official_sizes;
using weights::Parameters;

// Figures that were worked out apart from the program.
TEST(Work, AgreesWithPublishedFigures) {
  for (const double n : {256.0, 1024.0})
    EXPECT_NEAR(
        pairformer_work(official_sizes(), static_cast<int64_t>(n)) / (1.11e6 * n * n + 1536 * n * n * n), 1,
        0.03)
        << n;
  EXPECT_NEAR(total_work(official_sizes(), {76, 602, 1, 1, 5, true}, 10, 200), 31e12, 1e12);
}

TEST(Work, PairLogitsMadeAnewAreWorkOfEveryStep) {
  const Work kept = work_of(official_sizes(), {100, 800, 1, 1, 5, true}),
             anew = work_of(official_sizes(), {100, 800, 1, 1, 5, false});
  const double logits = 24 * 2.0 * 100 * 100 * 128 * 16;
  EXPECT_DOUBLE_EQ(kept.diffusion_preparation - anew.diffusion_preparation, logits);
  EXPECT_DOUBLE_EQ(anew.diffusion_step - kept.diffusion_step, logits);
}

TEST(Work, PassSees1024RowsOfTheMsa) {
  EXPECT_EQ(msa_block_work(official_sizes(), 50, 1024), msa_block_work(official_sizes(), 50, 16384));
  EXPECT_LT(msa_block_work(official_sizes(), 50, 1023), msa_block_work(official_sizes(), 50, 1024));
}

// Every stage of a prediction, in operations exactly.
void expect_counts(const Parameters& parameters, const featurise::Batch& batch) {
  kernels::use_isa(active_isa());
  ThreadPool pool(2);
  ops::CpuBackend ops(pool);
  const Model model(parameters, ops::Arithmetic::float32, ops);
  ModelOptions options;
  options.num_recycles = 1;
  options.num_diffusion_samples = 2;
  options.num_diffusion_steps = 2;
  std::map<std::string, std::vector<int64_t>> counts;
  take_product_count();
  model.predict(batch, 1, options, [&](std::string_view stage, int, int) {
    counts[std::string(stage)].push_back(take_product_count());
  });
  const auto distogram = static_cast<double>(take_product_count());

  const Work work = work_of(network_sizes(parameters),
                            {batch.tokens, atom_layout(batch).atoms, batch.num_alignments(), 1, 2, true});
  const auto count = [&](const char* stage, size_t unit) {
    return static_cast<double>(counts.at(stage).at(unit));
  };
  EXPECT_EQ(count("trunk", 0), work.target_feat + work.trunk_pass);
  EXPECT_EQ(count("trunk", 1), work.trunk_pass);
  EXPECT_EQ(count("diffusion", 0), work.diffusion_preparation + work.diffusion_step);
  EXPECT_EQ(count("diffusion", 1), work.diffusion_step);
  EXPECT_EQ(count("confidence", 0), work.confidence_sample);
  EXPECT_EQ(count("confidence", 1), work.confidence_sample);
  EXPECT_EQ(distogram, work.distogram);
}

TEST(Work, IsWhatTheOfficialNetworkCounts) {
  expect_counts(test::Stages::get().parameters, test::Stages::get().batch);
}

TEST(Work, IsWhatTheSmallNetworkCounts) {
  ThreadPool pool(2);
  expect_counts(Parameters::load(pleat::test::kSmallWeights.string(), pool), test::Stages::get().batch);
}

TEST(Work, IsWhatANetworkOfOtherSizesCounts) {
  ThreadPool pool(2);
  expect_counts(Parameters::synthesise(1, pool, weights::test::other_sizes()), test::Stages::get().batch);
}

// A deep MSA, which the bare prediction lacks.
TEST(Work, IsWhatAnMsaBlockCounts) {
  kernels::use_isa(active_isa());
  test::Machine machine;
  const auto reader = ParameterReader(test::Stages::get().parameters, machine.ops, "diffuser/evoformer")
                          .in("__layer_stack_no_per_layer")
                          .in("msa_stack")
                          .layer(0);
  constexpr int64_t kTokens = 9, kRows = 37;
  ops::Array msa = machine.ops.make(kRows * kTokens, 64, ops::Type::float32);
  ops::Array pair = machine.ops.make(kTokens * kTokens, 128, ops::Type::float32);
  const EvoformerIteration block(reader);
  take_product_count();
  block(machine.ops, msa, pair);
  EXPECT_EQ(static_cast<double>(take_product_count()), msa_block_work(official_sizes(), kTokens, kRows));
}

}  // namespace
}  // namespace pleat::model
