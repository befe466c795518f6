#include "random/threefry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "tests/support.h"

namespace pleat::random {
namespace {

nlohmann::json golden() { return nlohmann::json::parse(std::ifstream(test::kGolden / "random.json")); }

Key key_of(const nlohmann::json& words) { return {words[0].get<uint32_t>(), words[1].get<uint32_t>()}; }

// How many floats lie between two of the same sign.
int64_t ulps_between(float a, float b) {
  return std::abs(int64_t{std::bit_cast<int32_t>(a)} - int64_t{std::bit_cast<int32_t>(b)});
}

// The logarithms of different libraries differ in the last place, which the polynomial carries on.
constexpr int64_t kUlps = 4;

TEST(Threefry, KnownAnswersOfRandom123) {
  EXPECT_EQ(threefry({0, 0}, 0, 0), (Key{0x6b200159, 0x99ba4efe}));
  EXPECT_EQ(threefry({0xffffffff, 0xffffffff}, 0xffffffff, 0xffffffff), (Key{0x1cb996fc, 0xbb002be7}));
  EXPECT_EQ(threefry({0x13198a2e, 0x03707344}, 0x243f6a88, 0x85a308d3), (Key{0xc4923a9c, 0x483df7a0}));
}

TEST(Threefry, SeedsKeepTheirLower32Bits) {
  EXPECT_EQ(prng_key(7), (Key{0, 7}));
  EXPECT_EQ(prng_key(0x500000007), (Key{0, 7}));
}

TEST(Threefry, DrawsOfTheReference) {
  const nlohmann::json all = golden();
  for (const char* name : {"key_0", "key_1", "key_42", "key_4294967295"}) {
    SCOPED_TRACE(name);
    const nlohmann::json& expected = all[name];
    const Key key = key_of(expected["key"]);
    EXPECT_EQ(prng_key(std::stoull(std::string(name).substr(4))), key);
    for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(split(key, i), key_of(expected["split3"][i]));
    EXPECT_EQ(split(key, 5), key_of(expected["fold_in_5"]));
    for (uint64_t i = 0; i < 6; ++i) {
      EXPECT_EQ(bits(key, i), expected["bits"][i].get<uint32_t>());
      EXPECT_EQ(uniform(key, i, 0, 1), expected["uniform"][i].get<float>());
      EXPECT_NEAR(gumbel(key, i), expected["gumbel"][i].get<float>(), 5e-7);
      EXPECT_EQ(normal(key, i), normal(key, i));
    }
    for (uint64_t i = 0; i < 12; ++i)
      EXPECT_LE(ulps_between(normal(key, i), expected["normal"][i].get<float>()), kUlps) << i;
    for (uint64_t i = 0; i < 6; ++i)
      EXPECT_LE(ulps_between(normal(key, i), expected["normal_2x3"][i / 3][i % 3].get<float>()), kUlps) << i;
  }
}

TEST(Threefry, ManyNormalsOfTheReference) {
  const nlohmann::json expected = golden()["normal_2x128x24x3_key7"];
  std::vector<float> values(2 * 128 * 24 * 3);
  normals(prng_key(7), 0, static_cast<int64_t>(values.size()), values.data());
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_LE(ulps_between(values[i], expected["first4"][i].get<float>()), kUlps);
    EXPECT_LE(ulps_between(values[9216 + i], expected["at_9216"][i].get<float>()), kUlps);
    EXPECT_LE(ulps_between(values[values.size() - 4 + i], expected["last4"][i].get<float>()), kUlps);
  }
  EXPECT_LE(ulps_between(*std::ranges::min_element(values), expected["min"].get<float>()), kUlps);
  EXPECT_LE(ulps_between(*std::ranges::max_element(values), expected["max"].get<float>()), kUlps);
  EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0), expected["sum"].get<double>(), 1e-3);
}

TEST(Threefry, NormalsAreTheElementsOfTheArray) {
  const Key key = prng_key(3);
  for (uint64_t first : {uint64_t{0}, uint64_t{1000}, (uint64_t{1} << 32) - 100}) {
    for (int64_t count : {0, 1, 255, 256, 257, 1001}) {
      std::vector<float> values(static_cast<size_t>(count) + 1, -99.0f);
      normals(key, first, count, values.data());
      for (int64_t i = 0; i < count; ++i)
        ASSERT_EQ(values[static_cast<size_t>(i)], normal(key, first + static_cast<uint64_t>(i)));
      EXPECT_EQ(values.back(), -99.0f) << "written past the end";
    }
  }
}

TEST(Threefry, NormalsAreStandardNormal) {
  std::vector<float> values(1 << 20);
  normals(prng_key(11), 0, static_cast<int64_t>(values.size()), values.data());
  double sum = 0, squares = 0, beyond_three = 0;
  for (float v : values) {
    ASSERT_TRUE(std::isfinite(v));
    sum += v;
    squares += double{v} * v;
    beyond_three += std::abs(v) > 3;
  }
  const double n = static_cast<double>(values.size());
  EXPECT_NEAR(sum / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(beyond_three / n, 0.0026998, 5 * std::sqrt(0.0027 / n));  // the tails' own polynomial
}

TEST(Threefry, UniformStaysInItsRange) {
  for (uint64_t i = 0; i < 10000; ++i) {
    const float value = uniform(prng_key(5), i, -2, 3);
    ASSERT_GE(value, -2);
    ASSERT_LT(value, 3);
  }
}

}  // namespace
}  // namespace pleat::random
