#include "bench/timing.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace pleat::bench {
namespace {

TEST(Timing, KeepsTheFastestRun) {
  Timing timing;
  for (const Elapsed& run : {Elapsed{2.0, 1.5}, Elapsed{1.0, 1.9}, Elapsed{3.0, 1.7}}) timing.add(run);
  EXPECT_EQ(timing.seconds, 1.0);
  EXPECT_EQ(timing.cpu, 1.5);
  EXPECT_EQ(timing.runs, 3);
}

TEST(Timing, LeavesOutOtherProgramsWork) {
  EXPECT_EQ((Timing{1.0, 1.9, 3}.seconds_alone(2)), 1.0);
  EXPECT_EQ((Timing{3.0, 1.9, 3}.seconds_alone(2)), 0.95);
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

// A sleep takes no processor time, a loop takes as much as it lasts.
TEST(Clock, TellsWorkFromWaiting) {
  const Timing sleep = least_time(0, [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); });
  EXPECT_LT(sleep.cpu, sleep.seconds / 2);
  const Timing loop = least_time(0, [] {
    volatile double x = 1;
    for (int i = 0; i < 1000000; ++i) x = x * 0.999;
  });
  EXPECT_GT(loop.cpu, 0);
}

TEST(Timing, RunsUntilTheTimeIsEnough) {
  const Timing timing = least_time(0.05, [] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
  EXPECT_GT(timing.runs, 3);
  EXPECT_GE(timing.seconds, 0.001);
}

}  // namespace
}  // namespace pleat::bench
