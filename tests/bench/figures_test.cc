#include "bench/figures.h"

#include <gmock/gmock.h>

#include "kernels/isa.h"

namespace pleat::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// 4 GFLOP on two threads in 0.6 s, of which each worked 0.5 s; peaks of 9 and 10 GFLOP/s.
Figure example() {
  Figure figure;
  figure.part = "step";
  figure.what = "a step";
  figure.operations = 4e9;
  figure.threads = 2;
  figure.timing = {0.6, 1.0, 3};
  figure.peaks.add(9e9);
  figure.peaks.add(10e9);
  return figure;
}

TEST(Peaks, AreSteadyWithinFifteenPercent) {
  Peaks peaks;
  EXPECT_TRUE(peaks.steady());
  peaks.add(100);
  peaks.add(86);
  EXPECT_TRUE(peaks.steady());
  peaks.add(84);
  EXPECT_FALSE(peaks.steady());
  EXPECT_EQ(peaks.least, 84);
  EXPECT_EQ(peaks.most, 100);
}

TEST(Figure, HasTheShareOfItsGreatestPeak) {
  const Figure figure = example();
  EXPECT_DOUBLE_EQ(figure.rate().value(), 4e9 / 0.6);
  EXPECT_DOUBLE_EQ(figure.cpu_rate().value(), 8e9);
  EXPECT_DOUBLE_EQ(figure.wall_over_cpu().value(), 1.2);
  EXPECT_DOUBLE_EQ(figure.share().value(), 0.8);
  const std::string text = text_of(figure);
  for (const char* part : {"600.000", "6.7", "1.20", "80 %", " 3 "}) EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("disturbed")));
  const auto json = json_of(figure);
  EXPECT_EQ(json.at("isa"), name(kernels::kernel_isa()));
  EXPECT_EQ(json.at("runs"), 3);
  EXPECT_DOUBLE_EQ(json.at("seconds"), 0.6);
  EXPECT_DOUBLE_EQ(json.at("cpu_seconds"), 1.0);
  EXPECT_DOUBLE_EQ(json.at("wall_over_cpu"), 1.2);
  EXPECT_DOUBLE_EQ(json.at("gflops"), 4 / 0.6);
  EXPECT_DOUBLE_EQ(json.at("share_of_peak"), 0.8);
  EXPECT_DOUBLE_EQ(json.at("least_peak_gflops"), 9);
  EXPECT_DOUBLE_EQ(json.at("most_peak_gflops"), 10);
  EXPECT_EQ(json.at("disturbed"), false);
  EXPECT_TRUE(json.at("tokens").is_null());
  EXPECT_EQ(list_of(figure), "figures");
}

TEST(Figure, WithoutPositiveTimeHasNoRate) {
  for (const double seconds : {0.0, -0.001}) {
    Figure figure = example();
    figure.timing.seconds = figure.timing.cpu = seconds;
    EXPECT_FALSE(figure.rate());
    EXPECT_FALSE(figure.share());
    const std::string text = text_of(figure);
    EXPECT_THAT(text, HasSubstr("–         –         –        –"));
    EXPECT_THAT(text, Not(HasSubstr("inf")));
    for (const char* field : {"seconds", "cpu_seconds", "gflops", "wall_over_cpu", "share_of_peak"})
      EXPECT_TRUE(json_of(figure).at(field).is_null()) << field;
  }
}

TEST(Figure, AboveItsPeaksHasNoShare) {
  Figure figure = example();
  figure.operations = 5.1e9;
  EXPECT_TRUE(figure.above_peak());
  EXPECT_FALSE(figure.share());
  EXPECT_THAT(text_of(figure), HasSubstr("–  disturbed: the peak was 9.0 to 10.0"));
  EXPECT_TRUE(json_of(figure).at("share_of_peak").is_null());
  EXPECT_EQ(json_of(figure).at("disturbed"), true);
  figure.peaks.add(10.5e9);
  EXPECT_FALSE(figure.above_peak());
  EXPECT_LT(figure.share().value(), 1);
}

TEST(Figure, MarksUnsteadyPeaks) {
  Figure figure = example();
  figure.peaks.add(8e9);
  EXPECT_DOUBLE_EQ(figure.share().value(), 0.8);
  EXPECT_THAT(text_of(figure), HasSubstr("80 %  disturbed: the peak was 8.0 to 10.0"));
  EXPECT_EQ(json_of(figure).at("disturbed"), true);
}

TEST(Figure, OfEmulatedInstructionsHasNoPeak) {
  Figure figure = example();
  figure.peaks = {};
  figure.peaks.add(0);
  EXPECT_FALSE(figure.above_peak());
  EXPECT_FALSE(figure.share());
  EXPECT_THAT(text_of(figure), Not(HasSubstr("disturbed")));
  EXPECT_TRUE(json_of(figure).at("most_peak_gflops").is_null());
}

TEST(Figure, OfMemoryAndPeaksGoToTheirLists) {
  const MemoryFigure memory{"trunk", 128, int64_t{3} << 30, int64_t{2} << 30};
  EXPECT_EQ(list_of(memory), "memory");
  EXPECT_THAT(text_of(memory), HasSubstr(": 1.50"));
  EXPECT_EQ(json_of(memory).at("planned_bytes"), memory.planned);
  const PeakFigure peak{"bfloat16", 1e9, 2e9};
  EXPECT_EQ(list_of(peak), "peaks");
  EXPECT_THAT(text_of(peak), HasSubstr("bfloat16: peak 1.0 GFLOP/s of one thread, 2.0 of all"));
  EXPECT_EQ(list_of(ScalingFigure{}), "scaling");
}

TEST(Figure, OfADeviceHasSharesOfItsPeakAndItsBound) {
  // A tenth of the peak of products; memory alone would take half as long.
  const DeviceFigure figure{"card",           "block",           "trunk block", 128, ops::Arithmetic::tf32,
                            {1e12, 5e9, 1e6}, {1e14, 1e11, 1e9}, 0.1,           3};
  EXPECT_DOUBLE_EQ(figure.share_of_peak(), 0.1);
  EXPECT_DOUBLE_EQ(figure.share_of_bound(), 0.5);
  EXPECT_EQ(list_of(figure), "device_figures");
  EXPECT_THAT(text_of(figure), HasSubstr("tf32"));
  EXPECT_THAT(text_of(figure), HasSubstr("100.000     10.00       10 %       50 %"));
  EXPECT_DOUBLE_EQ(json_of(figure).at("share_of_bound"), 0.5);
  EXPECT_EQ(json_of(figure).at("gigaexponentials"), 1e-3);

  const DevicePeaks peaks{"card", {{"bfloat16", 1e14}, {"tf32", 5e13}}, 2e12, 3e12};
  EXPECT_EQ(list_of(peaks), "device_peaks");
  EXPECT_THAT(text_of(peaks),
              HasSubstr("bfloat16 100.0 TFLOP/s, tf32 50.0 TFLOP/s, memory 2000 GB/s, exponentials 3.00"));
  EXPECT_EQ(json_of(peaks).at("tf32_tflops"), 50);

  const MemoryFigure memory{"trunk", 128, 2, 1, "card"};
  EXPECT_EQ(json_of(memory).at("device"), "card");
  EXPECT_FALSE(json_of(memory).contains("isa"));
}

}  // namespace
}  // namespace pleat::bench
