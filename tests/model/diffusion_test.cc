#include <fstream>
#include <nlohmann/json.hpp>

#include "model/diffusion_head.h"
#include "model/noise_level_embeddings.h"
#include "tests/model/stages.h"

namespace pleat {
namespace {

using test::expect_close;
using test::Stages;

nlohmann::json golden_random(const std::filesystem::path& shared) {
  std::ifstream file(shared / "golden" / "random.json");
  return nlohmann::json::parse(file);
}

TEST(NoiseLevels, EqualTheReferencesBits) {
  PLEAT_REQUIRE_SHARED(shared);
  const auto golden = golden_random(shared)["noise_levels_200"];
  const std::vector<float> levels = noise_levels(200);
  ASSERT_EQ(levels.size(), 201u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(levels[i], golden["first3"][i].get<float>());
    EXPECT_EQ(levels[198 + i], golden["last3"][i].get<float>());
  }
  EXPECT_EQ(levels[100], golden["at_100"].get<float>());
}

TEST(RandomRotation, EqualsTheReferences) {
  PLEAT_REQUIRE_SHARED(shared);
  const auto golden = golden_random(shared)["random_rotation_key9"];
  const auto rotation = random_rotation(random::prng_key(9));
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(rotation[r][c], golden[r][c].get<float>(), 1e-6);
}

TEST(RandomAugmentation, CentresAndKeepsDistances) {
  Tensor<float> x({3, 3});
  const float start[] = {10, 0, 0, 13, 4, 0, 10, 0, 12};
  std::copy_n(start, 9, x.data());
  random_augmentation(random::prng_key(5), matrix(x));
  const auto distance = [&](int64_t i, int64_t j) {
    return std::hypot(x(i, 0) - x(j, 0), x(i, 1) - x(j, 1), x(i, 2) - x(j, 2));
  };
  EXPECT_NEAR(distance(0, 1), 5, 1e-5);
  EXPECT_NEAR(distance(0, 2), 12, 1e-5);
  EXPECT_NEAR(distance(1, 2), 13, 1e-5);
  // The centre is the translation: three normal draws.
  for (int64_t c = 0; c < 3; ++c)
    EXPECT_NEAR((x(0, c) + x(1, c) + x(2, c)) / 3,
                random::normal(random::split(random::prng_key(5), 1), static_cast<uint64_t>(c)), 1e-5);
}

TEST(NoiseEmbedding, EqualsTheReferencesNormalisedEmbedding) {
  PLEAT_REQUIRE_SHARED(shared);
  const Stages& stages = Stages::get();
  const ParameterReader head(stages.parameters, "diffuser/~/diffusion_head");
  // The first step of two: noise level 2560 raised by 1.8.
  Tensor<float> noise = noise_embedding(2560.0f * 1.8f, 16.0f);
  noise.reshape({1, noise.size()});
  head.layer_norm("noise_embedding_initial_norm")(matrix(noise), Variance::slow, matrix(noise));
  const Tensor<float> golden = stages.whole("diffuser/~/diffusion_head/noise_embedding_initial_norm");
  expect_close(noise, golden, "noise embedding", 3e-7f);
}

}  // namespace
}  // namespace pleat
