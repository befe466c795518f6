// Whole predictions of the small network on the emulation (or the GPU that PLEAT_TEST_DEVICE names), with a pair that does not fit into the device's memory.
#include "model/model.h"

#include <gtest/gtest.h>

#include <cstring>

#include "cuda/backend.h"
#include "model/memory_plan.h"
#include "tests/cuda/operations.h"
#include "tests/support.h"

namespace pleat::cuda {
namespace {

struct Outcome {
  model::Prediction prediction;
  int64_t most_on_host = 0;
};

Outcome predict(ThreadPool& pool, int64_t max_memory, int64_t host_memory) {
  CudaBackend ops(test::tested_device(pool), INT64_MAX, {}, host_memory);
  const auto batch =
      featurise::read_features(pleat::test::kGolden / "jobs" / "small_network" / "features.npz");
  const model::Model network(weights::Parameters::load(pleat::test::kSmallWeights.string(), pool),
                             ops::Arithmetic::bfloat16, ops);
  model::ModelOptions options;
  options.num_recycles = 0;
  options.num_diffusion_samples = 1;
  options.num_diffusion_steps = 3;
  options.max_memory = max_memory;
  Outcome out;
  out.prediction = network.predict(batch, 1, options, [&](std::string_view, int, int) {
    out.most_on_host = std::max(out.most_on_host, host_memory - ops.host_bytes());
  });
  return out;
}

// What the plan asks for at the least without the host's memory, by asking for too little.
int64_t least_memory(ThreadPool& pool) {
  CudaBackend ops(test::tested_device(pool));
  const weights::Parameters parameters = weights::Parameters::load(pleat::test::kSmallWeights.string(), pool);
  const auto batch =
      featurise::read_features(pleat::test::kGolden / "jobs" / "small_network" / "features.npz");
  const model::Model network(parameters, ops::Arithmetic::bfloat16, ops);
  const model::PredictionSize size{
      batch.tokens, model::atom_layout(batch).atoms, batch.num_alignments(), 1, true, true};
  return model::plan_memory(ops, network_sizes(parameters), size, ops::Arithmetic::bfloat16, ops.held_bytes(),
                            0)
      .peak();
}

TEST(PairOnHost, GivesTheSameBytesWithLessOfTheDevicesMemory) {
  constexpr int64_t kHost = int64_t{1} << 30;
  ThreadPool pool(2);
  const int64_t least = least_memory(pool);
  EXPECT_THROW(predict(pool, least - 1, 0), Error);
  const Outcome usual = predict(pool, least, kHost), on_host = predict(pool, least - 1, kHost);
  EXPECT_EQ(usual.most_on_host, 0);
  EXPECT_GT(on_host.most_on_host, 0);
  const auto same = [](const Tensor<float>& a, const Tensor<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.values().size_bytes()) == 0;
  };
  EXPECT_TRUE(same(usual.prediction.atom_positions, on_host.prediction.atom_positions));
  EXPECT_TRUE(same(usual.prediction.full_pae, on_host.prediction.full_pae));
  EXPECT_TRUE(same(usual.prediction.predicted_lddt, on_host.prediction.predicted_lddt));
  EXPECT_TRUE(same(usual.prediction.pair_embeddings, on_host.prediction.pair_embeddings));
}

}  // namespace
}  // namespace pleat::cuda
