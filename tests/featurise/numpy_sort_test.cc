#include "featurise/numpy_sort.h"

#include <gtest/gtest.h>

namespace pleat::featurise {
namespace {

// Pseudo-random integers in [0, limit), the same as those that NumPy's answers below were made for.
std::vector<int> numbers(int count, int limit) {
  std::vector<int> values;
  uint32_t state = 1;
  for (int i = 0; i < count; ++i) {
    state = (state * 1103515245u + 12345u) & 0x7fffffffu;
    values.push_back(static_cast<int>((state >> 16) % static_cast<uint32_t>(limit)));
  }
  return values;
}

std::vector<std::string> strings(int count, int limit) {
  std::vector<std::string> values;
  for (int number : numbers(count, limit)) values.push_back("S" + std::to_string(number));
  return values;
}

std::vector<float> floats(int count, int limit) {
  const std::vector<int> values = numbers(count, limit);
  return {values.begin(), values.end()};
}

uint32_t fingerprint(const std::vector<int>& order) {
  uint32_t hash = 0;
  for (int index : order) hash = hash * 31 + static_cast<uint32_t>(index) + 1;
  return hash;
}

TEST(NumpyArgsort, OfFewStringsIsStable) {
  EXPECT_EQ(numpy_argsort(std::vector<std::string>{}), std::vector<int>{});
  EXPECT_EQ(numpy_argsort(strings(16, 2)),
            (std::vector<int>{0, 1, 6, 8, 9, 12, 13, 2, 3, 4, 5, 7, 10, 11, 14, 15}));
}

TEST(NumpyArgsort, OfManyStringsOrdersEqualOnesAsNumpy) {
  EXPECT_EQ(numpy_argsort(strings(17, 2)),
            (std::vector<int>{0, 13, 12, 9, 6, 8, 1, 4, 7, 15, 3, 10, 11, 2, 14, 5, 16}));
  EXPECT_EQ(fingerprint(numpy_argsort(strings(1000, 7))), 2599469300u);
  EXPECT_EQ(fingerprint(numpy_argsort(strings(5000, 40))), 2694867492u);
}

TEST(NumpyArgsort, OfStringsFallsBackToHeapSort) {
  // A sequence for which every median of three is among the smallest, so that the depth limit is reached.
  constexpr int kHalf = 2000;
  std::vector<int> values(2 * kHalf + 1);
  for (int i = 1; i <= kHalf; ++i) {
    if (i % 2) {
      values[i - 1] = i;
      values[i] = kHalf + i;
    }
    values[kHalf + i - 1] = 2 * i;
  }
  std::vector<std::string> strings;
  for (int value : values) strings.push_back(std::to_string(100000 + value));
  EXPECT_EQ(fingerprint(numpy_argsort(strings)), 3843913889u);
}

TEST(NumpyArgsort, OfFloatsOrdersEqualOnesAsNumpyWithAvx2) {
  EXPECT_EQ(numpy_argsort(floats(20, 4)),
            (std::vector<int>{12, 13, 8, 2, 10, 14, 18, 16, 6, 9, 1, 0, 19, 7, 4, 3, 15, 11, 5, 17}));
  EXPECT_EQ(fingerprint(numpy_argsort(floats(17, 2))), 3509496631u);
  EXPECT_EQ(fingerprint(numpy_argsort(floats(1000, 7))), 149692960u);
  EXPECT_EQ(fingerprint(numpy_argsort(floats(5000, 40))), 1912086162u);
}

TEST(NumpyArgsort, OfSortedFloatsKeepsThem) {
  const std::vector<float> same(1000, 3.0f);
  const std::vector<int> order = numpy_argsort(same);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[i], i);
  EXPECT_TRUE(numpy_argsort(std::vector<float>{}).empty());
}

}  // namespace
}  // namespace pleat::featurise
