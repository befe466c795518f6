#include "bench/timing.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace pleat::bench {
namespace {

TEST(Timing, KeepsTheFastestRun) {
  Timing timing;
  for (const double seconds : {2.0, 1.0, 3.0}) timing.add(seconds);
  EXPECT_EQ(timing.seconds, 1.0);
  EXPECT_EQ(timing.runs, 3);
}

TEST(Timing, DoesNotCountTheFirstRunAndRunsThreeTimesAtLeast) {
  int runs = 0;
  const Timing timing = least_time(0, [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(runs == 0 ? 0 : 5));
    ++runs;
  });
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(timing.runs, 3);
  EXPECT_GE(timing.seconds, 0.005);
}

TEST(Timing, RunsUntilTheTimeIsEnough) {
  const Timing timing = least_time(0.05, [] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
  EXPECT_GT(timing.runs, 3);
  EXPECT_GE(timing.seconds, 0.001);
}

}  // namespace
}  // namespace pleat::bench
