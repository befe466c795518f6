#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pleat {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(DType, NamesAndSizesOfNumpy) {
  const std::pair<DType, std::pair<const char*, int>> expected[] = {
      {DType::f32, {"float32", 4}},   {DType::f64, {"float64", 8}}, {DType::f16, {"float16", 2}},
      {DType::bf16, {"bfloat16", 2}}, {DType::i8, {"int8", 1}},     {DType::u8, {"uint8", 1}},
      {DType::i32, {"int32", 4}},     {DType::i64, {"int64", 8}},   {DType::boolean, {"bool", 1}}};
  for (const auto& [dtype, properties] : expected) {
    EXPECT_EQ(name(dtype), properties.first);
    EXPECT_EQ(byte_size(dtype), properties.second);
  }
}

// The value between two neighbours goes to the nearer one, and to the even one in the middle: checked against
// the distance itself for every half and three points between it and the next.
TEST(Half, RoundsToTheNearestEven) {
  for (uint16_t half = 0; half < 0x7bff; ++half) {
    const float low = from_f16(half), high = from_f16(static_cast<uint16_t>(half + 1)),
                middle = (low + high) / 2;
    ASSERT_EQ(to_f16(low), half);
    ASSERT_EQ(to_f16(-low), half | 0x8000);
    ASSERT_EQ(to_f16(std::nextafter(middle, 0.0f)), half);
    ASSERT_EQ(to_f16(std::nextafter(middle, kInfinity)), half + 1);
    ASSERT_EQ(to_f16(middle), half + (half & 1));
  }
}

TEST(Half, KnownValues) {
  EXPECT_EQ(from_f16(0x3c00), 1.0f);
  EXPECT_EQ(from_f16(0x3555), 0.333251953125f);
  EXPECT_EQ(from_f16(0x0001), 0x1p-24f);
  EXPECT_EQ(from_f16(0x7bff), 65504.0f);
  EXPECT_EQ(from_f16(0xfc00), -kInfinity);
  EXPECT_EQ(to_f16(0.1f), 0x2e66);
}

TEST(Half, OverflowsToInfinityAndKeepsNan) {
  EXPECT_EQ(to_f16(65519.996f), 0x7bff);
  EXPECT_EQ(to_f16(65520.0f), 0x7c00);
  EXPECT_EQ(to_f16(-1e30f), 0xfc00);
  EXPECT_EQ(to_f16(kInfinity), 0x7c00);
  EXPECT_TRUE(std::isnan(from_f16(to_f16(std::nanf("")))));
}

TEST(Bfloat16, RoundsToTheNearestEven) {
  for (uint32_t upper = 0; upper < 0x7f80; upper += 7) {
    const auto with_tail = [&](uint32_t tail) { return std::bit_cast<float>(upper << 16 | tail); };
    ASSERT_EQ(to_bf16(with_tail(0)), upper);
    ASSERT_EQ(to_bf16(with_tail(0x7fff)), upper);
    ASSERT_EQ(to_bf16(with_tail(0x8000)), upper + (upper & 1));
    ASSERT_EQ(to_bf16(with_tail(0x8001)), upper + 1);
    ASSERT_EQ(from_bf16(static_cast<uint16_t>(upper)), with_tail(0));
  }
  EXPECT_TRUE(std::isnan(from_bf16(to_bf16(std::bit_cast<float>(0x7f800001u)))));
}

}  // namespace
}  // namespace pleat
