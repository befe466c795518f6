#include "random/numpy_random.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support.h"

namespace pleat::random {
namespace {

TEST(NumpyRandomState, KnownAnswers) {
  NumpyRandomState words(0);
  EXPECT_EQ(words.next_u32(), 2357136044u);
  NumpyRandomState integers(0);
  EXPECT_EQ(integers.randint(1, int64_t{1} << 31), 209652397);
  NumpyRandomState normals(0);
  EXPECT_NEAR(normals.normal(), 1.76405235, 1e-8);
  EXPECT_NEAR(normals.normal(), 0.40015721, 1e-8);
  NumpyRandomState uniforms(0);
  EXPECT_NEAR(uniforms.uniform(), 0.5488135039273248, 1e-16);
}

// 9 normals leave a cached one, which the integer drawn in between must not clear.
TEST(NumpyRandomState, DrawsOfTheReference) {
  const auto expected =
      nlohmann::json::parse(std::ifstream(test::kGolden / "random.json"))["numpy_RandomState_12312837"];
  NumpyRandomState state(12312837);
  for (const auto& value : expected["randint_1_2^31_x3"])
    EXPECT_EQ(state.randint(1, int64_t{1} << 31), value.get<int64_t>());
  for (const auto& value : expected["then_normal_9"]) EXPECT_DOUBLE_EQ(state.normal(), value.get<double>());
  EXPECT_EQ(state.randint(1, int64_t{1} << 31), expected["then_randint"].get<int64_t>());
  for (const auto& value : expected["then_normal_9b"]) EXPECT_DOUBLE_EQ(state.normal(), value.get<double>());
}

TEST(NumpyRandomState, OneChoiceDrawsNothing) {
  NumpyRandomState state(4), other(4);
  EXPECT_EQ(state.randint(17, 18), 17);
  EXPECT_EQ(state.next_u32(), other.next_u32());
}

TEST(NumpyRandomState, IntegersStayInTheirRange) {
  NumpyRandomState state(1);
  bool low = false, high = false;
  for (int i = 0; i < 1000; ++i) {
    const int64_t value = state.randint(-3, 4);
    ASSERT_GE(value, -3);
    ASSERT_LT(value, 4);
    low |= value == -3;
    high |= value == 3;
  }
  EXPECT_TRUE(low && high);
}

TEST(NumpyRandomState, TheWholeRangeIsOneWord) {
  NumpyRandomState state(9), words(9);
  EXPECT_EQ(state.randint(0, int64_t{1} << 32), int64_t{words.next_u32()});
}

}  // namespace
}  // namespace pleat::random
