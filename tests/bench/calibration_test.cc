#include "bench/calibration.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace pleat::bench {
namespace {

const std::vector<Rate> kRates = {{64, 100}, {256, 200}};

TEST(Calibration, InterpolatesByTheLogarithmOfTheSize) {
  EXPECT_DOUBLE_EQ(rate_at(kRates, 64), 100);
  EXPECT_DOUBLE_EQ(rate_at(kRates, 128), 150);
  EXPECT_DOUBLE_EQ(rate_at(kRates, 256), 200);
}

TEST(Calibration, KeepsTheNearestRateBeyondTheMeasuredSizes) {
  EXPECT_DOUBLE_EQ(rate_at(kRates, 1), 100);
  EXPECT_DOUBLE_EQ(rate_at(kRates, 5000), 200);
}

TEST(Calibration, IsKeptUnderItsKey) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "calibration.json";
  const CalibrationKey one{"cpu", "avx2", "float32", "1", 1}, two{"cpu", "avx2", "float32", "1", 2};
  const Calibration first{kRates, kRates, 0.5}, second{{{64, 7}}, kRates, 0.25};
  EXPECT_FALSE(read_calibration(file, one));
  keep_calibration(file, one, first);
  keep_calibration(file, two, second);
  EXPECT_EQ(read_calibration(file, one), first);
  EXPECT_EQ(read_calibration(file, two), second);
  keep_calibration(file, one, second);
  EXPECT_EQ(read_calibration(file, one), second);
  EXPECT_EQ(read_calibration(file, two), second);
}

TEST(Calibration, ReplacesDamagedFiles) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "calibration.json";
  const CalibrationKey key{"cpu", "avx2", "float32", "1", 1};
  const Calibration calibration{kRates, kRates, 0.5};
  keep_calibration(file, key, calibration);
  const std::string text = read_file(file);
  for (size_t length = 0; length + 2 < text.size(); length += 7) {
    write_file(file, text.substr(0, length));
    EXPECT_FALSE(read_calibration(file, key)) << length;
  }
  keep_calibration(file, key, calibration);
  EXPECT_EQ(read_calibration(file, key), calibration);
  // Rates must be positive and have rising sizes.
  for (const std::vector<Rate>& rates :
       {std::vector<Rate>{}, {{64, 0}}, {{0, 1}}, {{64, 1}, {32, 1}}, {{64, -1}}}) {
    keep_calibration(file, key, {rates, kRates, 0.5});
    EXPECT_FALSE(read_calibration(file, key));
  }
}

}  // namespace
}  // namespace pleat::bench
