#include <fstream>
#include <nlohmann/json.hpp>

#include "model/diffusion_head.h"
#include "model/noise_level_embeddings.h"
#include "tests/model/stages.h"

namespace pleat::model {
namespace {

using test::expect_close;
using test::Machine;
using test::Stages;

nlohmann::json golden_random() {
  std::ifstream file(pleat::test::kGolden / "random.json");
  return nlohmann::json::parse(file);
}

TEST(NoiseLevels, EqualTheReferencesBits) {
  const auto golden = golden_random()["noise_levels_200"];
  const std::vector<float> levels = noise_levels(200);
  ASSERT_EQ(levels.size(), 201u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(levels[i], golden["first3"][i].get<float>());
    EXPECT_EQ(levels[198 + i], golden["last3"][i].get<float>());
  }
  EXPECT_EQ(levels[100], golden["at_100"].get<float>());
}

TEST(RandomRotation, EqualsTheReferences) {
  const auto golden = golden_random()["random_rotation_key9"];
  const auto rotation = random_rotation(random::prng_key(9));
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(rotation[r][c], golden[r][c].get<float>(), 1e-6);
}

TEST(NoiseEmbedding, EqualsTheReferencesNormalisedEmbedding) {
  const Stages& stages = Stages::get();
  Machine machine;
  const ParameterReader head(stages.parameters, machine.ops, "diffuser/~/diffusion_head");
  // The first step of two: noise level 2560 raised by 1.8.
  Tensor<float> noise = noise_embedding(2560.0f * 1.8f, 16.0f);
  noise.reshape({1, noise.size()});
  const ops::Array normed = machine.ops.norm(
      machine.ops.upload(noise), head.layer_norm("noise_embedding_initial_norm", ops::Variance::slow));
  const Tensor<float> golden = stages.output("diffuser/~/diffusion_head/noise_embedding_initial_norm");
  expect_close(machine.values(normed), golden, "noise embedding", 3e-7f);
}

}  // namespace
}  // namespace pleat::model
