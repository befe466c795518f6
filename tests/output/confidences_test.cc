// Scores on cases small enough to check by hand, and on the reference's own arrays.
#include "output/confidences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tensor/npz.h"
#include "tests/support.h"

namespace pleat::output {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsNan;

// Tokens 0 and 1 in chain 0, token 2 in chain 1.
TokenFrames two_chains(std::vector<uint8_t> has_frame) {
  return {.chain = {0, 0, 1}, .has_frame = std::move(has_frame), .chains = 2};
}

const std::vector<float> kScores = {1.0f,  0.5f,   0.25f,   //
                                    0.5f,  1.0f,   0.125f,  //
                                    0.75f, 0.375f, 1.0f};

TEST(PredictedTmScore, IsTheBestRowsMean) {
  const TokenFrames frames = two_chains({1, 1, 1});
  EXPECT_NEAR(predicted_tm_score(kScores, frames, false), (0.75 + 0.375 + 1.0) / 3, 1e-7);
  // Row 2 sees tokens 0 and 1 across the interface; rows 0 and 1 see token 2 alone.
  EXPECT_NEAR(predicted_tm_score(kScores, frames, true), (0.75 + 0.375) / 2, 1e-7);
}

TEST(PredictedTmScore, TokensWithoutFrameAlignNothing) {
  EXPECT_NEAR(predicted_tm_score(kScores, two_chains({1, 0, 0}), false), (1.0 + 0.5 + 0.25) / 3, 1e-7);
  EXPECT_THAT(predicted_tm_score(kScores, two_chains({0, 0, 0}), false), IsNan());
}

TEST(PredictedTmScore, OneChainHasNoInterface) {
  const TokenFrames frames{.chain = {0, 0, 0}, .has_frame = {1, 1, 1}, .chains = 1};
  EXPECT_THAT(predicted_tm_score(kScores, frames, true), IsNan());
}

TEST(ChainPairIptm, DiagonalIsEachChainAlone) {
  const ChainMatrix scores = chain_pair_iptm(kScores, two_chains({1, 1, 1}));
  EXPECT_NEAR(scores[0][0], 0.75, 1e-7);
  EXPECT_NEAR(scores[1][1], 1.0, 1e-7);
  EXPECT_NEAR(scores[0][1], (0.75 + 0.375) / 2, 1e-7);
  EXPECT_EQ(scores[0][1], scores[1][0]);
}

TEST(ChainIptm, LeavesOutTheChainItselfAndUndefinedPairs) {
  const double nan = std::nan("");
  EXPECT_THAT(chain_iptm({{0.9, 0.5, 0.1}, {0.5, nan, nan}, {0.1, nan, nan}}),
              ElementsAre(DoubleNear(0.3, 1e-12), DoubleNear(0.5, 1e-12), DoubleNear(0.1, 1e-12)));
  EXPECT_THAT(chain_iptm({{0.9}}), ElementsAre(IsNan()));
}

TEST(ChainPairPaeMin, TakesFramesFromTheRows) {
  const std::vector<float> pae = {1, 2, 3,  //
                                  4, 5, 6,  //
                                  7, 8, 9};
  const ChainMatrix all = chain_pair_pae_min(pae, two_chains({1, 1, 1}));
  EXPECT_THAT(all[0], ElementsAre(1, 3));
  EXPECT_THAT(all[1], ElementsAre(7, 9));
  const ChainMatrix some = chain_pair_pae_min(pae, two_chains({0, 1, 0}));
  EXPECT_THAT(some[0], ElementsAre(4, 6));
  EXPECT_THAT(some[1], ElementsAre(IsNan(), IsNan()));
}

TEST(RankingScore, WeighsItsParts) {
  EXPECT_DOUBLE_EQ(ranking_score(0.5, 0.75, 0.25, false), 0.8 * 0.75 + 0.2 * 0.5 + 0.125);
  EXPECT_DOUBLE_EQ(ranking_score(0.5, std::nan(""), 0.25, true), 0.5 + 0.125 - 100);
}

// Expected numbers: the reference's confidences.py on its own arrays (two ions without frames among five
// chains).
TEST(GoldenConfidences, IonsAndLigands) {
  const auto features = read_npz(test::kGolden / "jobs" / "ions_ligands" / "features.npz");
  const auto result = read_npz(test::kGolden / "jobs" / "ions_ligands" / "result.npz");
  const Tensor<float> global = result.at("tmscore_adjusted_pae_global").as<float>();
  const auto n = static_cast<size_t>(global.dim(1));
  const auto sample = [n](const Tensor<float>& values) { return values.values().first(n * n); };
  const auto asym = features.at("asym_id").as<int32_t>();
  const auto mask = features.at("frames_mask").as<uint8_t>();
  TokenFrames frames{.chain = {}, .has_frame = {}, .chains = 5};
  for (size_t t = 0; t < n; ++t) {
    frames.chain.push_back(asym[static_cast<int64_t>(t)] - 1);
    frames.has_frame.push_back(mask[static_cast<int64_t>(t)]);
  }
  EXPECT_DOUBLE_EQ(predicted_tm_score(sample(global), frames, false), 0.16949406361551625);
  EXPECT_DOUBLE_EQ(predicted_tm_score(sample(global), frames, true), 0.17543735032247829);

  const Tensor<float> interface = result.at("tmscore_adjusted_pae_interface").as<float>();
  const ChainMatrix scores = chain_pair_iptm(sample(interface), frames);
  EXPECT_THAT(scores[1],
              ElementsAre(DoubleNear(0.003926712514681039, 1e-15), IsNan(), IsNan(),
                          DoubleNear(0.08800367922994094, 1e-15), DoubleNear(0.13208946453565748, 1e-15)));
  EXPECT_THAT(chain_iptm(scores),
              ElementsAre(DoubleNear(0.06254382460666852, 1e-15), DoubleNear(0.07467328542675981, 1e-15),
                          DoubleNear(0.0661905492866577, 1e-15), DoubleNear(0.10769200705139143, 1e-15),
                          DoubleNear(0.1323127516084314, 1e-15)));
  const Tensor<float> pae = result.at("full_pae").as<float>();
  const ChainMatrix least = chain_pair_pae_min(sample(pae), frames);
  EXPECT_THAT(least[0], ElementsAre(15.299772262573242, 14.93918514251709, 15.522223472595215,
                                    13.522481918334961, 14.200582504272461));
  EXPECT_THAT(least[2], ElementsAre(IsNan(), IsNan(), IsNan(), IsNan(), IsNan()));
}

}  // namespace
}  // namespace pleat::output
