#include "batch/stop_rule.h"

#include <gtest/gtest.h>

namespace pleat::batch {
namespace {

using Decision = StopRule::Decision;

TEST(StopRule, ShortSeedsAreFinishedAndLongOnesLeft) {
  EXPECT_EQ(StopRule(100).decide(7000, 100), Decision::finish);
  EXPECT_EQ(StopRule(100).decide(7000, 101), Decision::leave);
  EXPECT_EQ(StopRule(0).decide(0, 0.1), Decision::leave);
}

TEST(StopRule, AfterTheFirstEstimateOnlyTheTimeCounts) {
  StopRule rule(100);
  EXPECT_EQ(rule.decide(50, 90), Decision::finish);
  EXPECT_EQ(rule.decide(60, 400), Decision::finish);  // estimates jump, for example where a stage begins
  EXPECT_EQ(rule.decide(150, 1), Decision::finish);
  EXPECT_EQ(rule.decide(151, 1), Decision::leave);
}

TEST(StopRule, WithoutAnEstimateTheSeedGoesOnUntilTheTimeIsOver) {
  StopRule rule(10);
  EXPECT_EQ(rule.decide(0, std::nullopt), Decision::finish);
  EXPECT_EQ(rule.decide(11, std::nullopt), Decision::leave);
}

}  // namespace
}  // namespace pleat::batch
