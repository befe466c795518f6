// The formulas of the network's work against counts: of the products that it runs, and of what its operations take by
// their shapes.
#include "model/work.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <numeric>
#include <vector>

#include "kernels/isa.h"
#include "model/counting_backend.h"
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
    EXPECT_NEAR(pairformer_work(official_sizes(), static_cast<int64_t>(n)).operations /
                    (1.11e6 * n * n + 1536 * n * n * n),
                1, 0.03)
        << n;
  EXPECT_NEAR(total_work(official_sizes(), {76, 602, 1, 1, 5, true}, 10, 200).operations, 31e12, 1e12);
}

TEST(Work, PairLogitsMadeAnewAreWorkOfEveryStep) {
  const Work kept = work_of(official_sizes(), {100, 800, 1, 1, 5, true}),
             anew = work_of(official_sizes(), {100, 800, 1, 1, 5, false});
  const double logits = 24 * 2.0 * 100 * 100 * 128 * 16;
  EXPECT_DOUBLE_EQ(kept.diffusion_preparation.operations - anew.diffusion_preparation.operations, logits);
  EXPECT_DOUBLE_EQ(anew.diffusion_step.operations - kept.diffusion_step.operations, logits);
  const double bytes = 24 * 4.0 * (100 * 100 * (128 + 16) + 128 * 16);
  EXPECT_DOUBLE_EQ(kept.diffusion_preparation.bytes - anew.diffusion_preparation.bytes, bytes);
  EXPECT_DOUBLE_EQ(anew.diffusion_step.bytes - kept.diffusion_step.bytes, bytes);
}

TEST(Work, PassSees1024RowsOfTheMsa) {
  const auto operations = [](int64_t rows) { return msa_block_work(official_sizes(), 50, rows).operations; };
  EXPECT_EQ(operations(1024), operations(16384));
  EXPECT_LT(operations(1023), operations(1024));
}

// The sums over the blocks of each of two passes.
template <class Count, class Sum>
std::array<Sum, 2> sums_of_passes(const std::vector<Count>& blocks, Sum zero) {
  const auto second = blocks.begin() + static_cast<std::ptrdiff_t>(blocks.size() / 2);
  return {std::accumulate(blocks.begin(), second, zero), std::accumulate(second, blocks.end(), zero)};
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
  const auto passes = sums_of_passes(counts.at("trunk"), 0.0);
  EXPECT_EQ(passes[0], (work.target_feat + work.trunk_pass).operations);
  EXPECT_EQ(passes[1], work.trunk_pass.operations);
  EXPECT_EQ(count("diffusion", 0), (work.diffusion_preparation + work.diffusion_step).operations);
  EXPECT_EQ(count("diffusion", 1), work.diffusion_step.operations);
  EXPECT_EQ(count("confidence", 0), work.confidence_sample.operations);
  EXPECT_EQ(count("confidence", 1), work.confidence_sample.operations);
  EXPECT_EQ(distogram, work.distogram.operations);
}

void expect_equal(const Cost& counted, const Cost& formula, const char* stage) {
  EXPECT_EQ(counted.operations, formula.operations) << stage;
  EXPECT_EQ(counted.bytes, formula.bytes) << stage;
  EXPECT_EQ(counted.exponentials, formula.exponentials) << stage;
}

// Operations, bytes and exponentials of every stage, by the shapes of what each operation reads and writes.
void expect_costs(const Parameters& parameters, const featurise::Batch& batch) {
  for (const auto arithmetic : {ops::Arithmetic::float32, ops::Arithmetic::bfloat16, ops::Arithmetic::tf32}) {
    CountingBackend ops;
    const Model model(parameters, arithmetic, ops);
    ModelOptions options;
    options.num_recycles = 1;
    options.num_diffusion_samples = 2;
    options.num_diffusion_steps = 2;
    std::map<std::string, std::vector<Cost>> counts;
    ops.take();
    model.predict(batch, 1, options, [&](std::string_view stage, int, int) {
      counts[std::string(stage)].push_back(ops.take());
    });
    const Work work = work_of(network_sizes(parameters), {batch.tokens, atom_layout(batch).atoms,
                                                          batch.num_alignments(), 1, 2, true, arithmetic});
    const auto passes = sums_of_passes(counts["trunk"], Cost());
    expect_equal(passes[0], work.target_feat + work.trunk_pass, "first pass");
    expect_equal(passes[1], work.trunk_pass, "pass");
    expect_equal(counts["diffusion"].at(0), work.diffusion_preparation + work.diffusion_step, "first step");
    expect_equal(counts["diffusion"].at(1), work.diffusion_step, "step");
    expect_equal(counts["confidence"].at(1), work.confidence_sample, "confidence");
    expect_equal(ops.take(), work.distogram, "distogram");
  }
}

TEST(Work, IsWhatTheOfficialNetworkCounts) {
  expect_counts(test::Stages::get().parameters, test::Stages::get().batch);
  expect_costs(test::Stages::get().parameters, test::Stages::get().batch);
}

TEST(Work, IsWhatTheSmallNetworkCounts) {
  ThreadPool pool(2);
  const Parameters small = Parameters::load(pleat::test::kSmallWeights.string(), pool);
  expect_counts(small, test::Stages::get().batch);
  expect_costs(small, test::Stages::get().batch);
}

TEST(Work, IsWhatANetworkOfOtherSizesCounts) {
  ThreadPool pool(2);
  const Parameters other = Parameters::synthesise(1, pool, weights::test::other_sizes());
  expect_counts(other, test::Stages::get().batch);
  expect_costs(other, test::Stages::get().batch);
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
  EXPECT_EQ(static_cast<double>(take_product_count()),
            msa_block_work(official_sizes(), kTokens, kRows).operations);
}

TEST(Work, IsWhatAnMsaBlockMoves) {
  CountingBackend ops;
  const auto reader =
      ParameterReader(test::Stages::get().parameters, ops, "diffuser/evoformer", ops::Arithmetic::bfloat16)
          .in("__layer_stack_no_per_layer")
          .in("msa_stack")
          .layer(0);
  constexpr int64_t kTokens = 9, kRows = 37;
  ops::Array msa = ops.make(kRows * kTokens, 64, ops::Type::float32);
  ops::Array pair = ops.make(kTokens * kTokens, 128, ops::Type::bfloat16);
  const EvoformerIteration block(reader);
  ops.take();
  block(ops, msa, pair);
  expect_equal(ops.take(), msa_block_work(official_sizes(), kTokens, kRows, ops::Arithmetic::bfloat16),
               "block");
}

TEST(Work, TakesAsLongAsTheSlowestOfThree) {
  const MachineRates rates{100, 10, 1};
  EXPECT_DOUBLE_EQ(least_seconds({1000, 10, 1}, rates), 10);
  EXPECT_DOUBLE_EQ(least_seconds({1000, 200, 1}, rates), 20);
  EXPECT_DOUBLE_EQ(least_seconds({1000, 200, 30}, rates), 30);
}

}  // namespace
}  // namespace pleat::model
