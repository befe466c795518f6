// What the tests of the native search share: every instruction set of this machine, random sequences, and the
// filters in plain loops.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "hwy/targets.h"
#include "profile/profile.h"

namespace pleat::profile::test {

inline std::vector<int64_t> vector_targets() {
  std::vector<int64_t> targets = {HWY_AVX2};
  if (hwy::SupportedTargets() & HWY_AVX3) targets.push_back(HWY_AVX2 | HWY_AVX3);
  return targets;
}

// Runs each test once per instruction set that this machine has kernels for.
class OnEveryVectorSet : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { hwy::SetSupportedTargetsForTest(GetParam()); }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }
};

#define PLEAT_ON_EVERY_VECTOR_SET(suite)                                                         \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::ValuesIn(::pleat::profile::test::vector_targets()), \
                           [](const auto& info) { return info.param & HWY_AVX3 ? "avx512" : "avx2"; })

// Residues as proteins have them, and now and then any other code.
inline Codes random_codes(std::mt19937& random, int length, double odd_share = 0.01) {
  std::discrete_distribution<int> residue(background().begin(), background().end());
  std::uniform_int_distribution<int> odd(kResidues, kCodes - 1);
  std::bernoulli_distribution is_odd(odd_share);
  Codes codes(length);
  for (uint8_t& code : codes) code = static_cast<uint8_t>(is_odd(random) ? odd(random) : residue(random));
  return codes;
}

// Residues without odd codes but for what a query may hold.
inline Codes random_query(std::mt19937& random, int length) { return random_codes(random, length, 0); }

// A copy of part of `parent` with changed, lost and added residues.
inline Codes relative(std::mt19937& random, const Codes& parent, double identity) {
  std::uniform_int_distribution<size_t> place(0, parent.size() - 1);
  size_t from = place(random), to = place(random);
  if (from > to) std::swap(from, to);
  std::bernoulli_distribution same(identity), gap(0.02);
  Codes codes = random_codes(random, static_cast<int>(place(random) / 4));
  for (size_t k = from; k <= to; ++k) {
    if (gap(random)) continue;
    codes.push_back(same(random) ? parent[k] : random_codes(random, 1)[0]);
    if (gap(random)) codes.push_back(random_codes(random, 1)[0]);
  }
  const Codes tail = random_codes(random, static_cast<int>(place(random) / 4));
  codes.insert(codes.end(), tail.begin(), tail.end());
  return codes;
}

// The best ungapped segment as an unsigned byte, whose floor is 128.
inline int scalar_best_segment(const Profile& profile, const Codes& target) {
  std::vector<int> before(profile.length + 1, -128), now(before);
  int best = kByteFloor;
  for (const uint8_t code : target) {
    for (int k = 1; k <= profile.length; ++k) {
      const int cost = std::min(127, profile.cost[code][k - 1] - profile.bias);
      now[k] = std::clamp(before[k - 1] - cost, -128, 127);
      best = std::max(best, now[k] & 255);
    }
    std::swap(before, now);
  }
  return best;
}

inline float scalar_msv(const Profile& profile, const LengthModel& model, const Codes& target) {
  const float one = segment_score(profile, model, scalar_best_segment(profile, target));
  if (!std::isnan(one)) return one;
  std::vector<int> before(profile.length + 1, 0), now(before);
  const int enter = model.tjb + profile.tbm;
  int begin = std::max(0, kByteBase - enter), jump = 0;
  for (const uint8_t code : target) {
    int end = 0;
    for (int k = 1; k <= profile.length; ++k) {
      const int raised = std::min(255, std::max(before[k - 1], begin) + profile.bias);
      now[k] = std::max(0, raised - profile.cost[code][k - 1]);
      end = std::max(end, now[k]);
    }
    if (end + profile.bias >= 255) return std::numeric_limits<float>::infinity();
    jump = std::max(jump, std::max(0, end - kByteEndCost));
    begin = std::max(0, std::max(kByteBase, jump) - enter);
    std::swap(before, now);
  }
  float score = static_cast<float>(jump - model.tjb) - static_cast<float>(kByteBase);
  score /= profile.scale_b;
  return score - 3.0f;
}

inline float scalar_viterbi(const Profile& profile, const LengthModel& model, const Codes& target) {
  constexpr int kNever = -32768, kCeiling = 32767, kBase = 12000;
  const auto added = [&](int a, int b) -> int { return std::clamp(a + b, kNever, kCeiling); };
  const int length = profile.length;
  std::vector<int> m(length + 1, kNever), i(m), d(m), m_now(m), i_now(m), d_now(m);
  const auto& t = profile.transition_w;
  int begin = kBase + model.move_w, last = kNever;
  for (const uint8_t code : target) {
    int end = kNever;
    for (int k = 1; k <= length; ++k) {
      int cell = added(begin, t[kBM][k - 1]);
      cell = std::max({cell, added(m[k - 1], t[kMM][k - 1]), added(i[k - 1], t[kIM][k - 1]),
                       added(d[k - 1], t[kDM][k - 1])});
      m_now[k] = added(cell, profile.score_w[code][k - 1]);
      end = std::max(end, m_now[k]);
      d_now[k] =
          k == 1 ? kNever : std::max(added(m_now[k - 1], t[kMD][k - 2]), added(d_now[k - 1], t[kDD][k - 2]));
      i_now[k] = std::max(added(m[k], t[kMI][k - 1]), added(i[k], t[kII][k - 1]));
    }
    if (end >= kCeiling) return std::numeric_limits<float>::infinity();
    last = std::max(last, end - 500);
    begin = std::max(last, kBase) + model.move_w;
    std::swap(m, m_now), std::swap(i, i_now), std::swap(d, d_now);
  }
  if (last <= kNever) return -std::numeric_limits<float>::infinity();
  float score = static_cast<float>(last) + static_cast<float>(model.move_w);
  score -= static_cast<float>(kBase);
  score /= static_cast<float>(500.0 / kLn2);
  return score - 3.0f;
}

}  // namespace pleat::profile::test
