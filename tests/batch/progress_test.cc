#include "batch/progress.h"

#include <gtest/gtest.h>

namespace pleat::batch {
namespace {

TEST(Progress, TimesFollowTheRateSoFar) {
  Progress progress({10, 0, 30, 20});
  progress.begin(0);
  EXPECT_FALSE(progress.seconds_left(1));
  progress.reach(5);
  EXPECT_DOUBLE_EQ(*progress.seconds_left_of_job(10), 10);
  EXPECT_DOUBLE_EQ(*progress.seconds_left(10), 2 * 55);
  EXPECT_DOUBLE_EQ(*progress.seconds_of(3, 10), 6);
  progress.reach(10);
  progress.begin(2);
  EXPECT_DOUBLE_EQ(*progress.seconds_left_of_job(20), 60);
  EXPECT_DOUBLE_EQ(*progress.seconds_left(20), 100);
  progress.reach(30);
  EXPECT_DOUBLE_EQ(*progress.seconds_left(40), 20);
}

TEST(Progress, JobsThatFailCountWithWhatTheyDid) {
  Progress progress({10, 10});
  progress.begin(0);
  progress.reach(2);
  progress.begin(1);
  progress.reach(2);
  EXPECT_DOUBLE_EQ(*progress.seconds_left(4), 8);
}

TEST(Progress, DurationsAreRead) {
  EXPECT_EQ(duration_text(3.6), "4 s");
  EXPECT_EQ(duration_text(150), "2.5 min");
  EXPECT_EQ(duration_text(9000), "2.5 h");
}

}  // namespace
}  // namespace pleat::batch
