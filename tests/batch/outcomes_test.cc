#include "batch/outcomes.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "batch/claim.h"
#include "batch/events.h"

namespace pleat::batch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Outcome outcome(const std::string& name, Fate fate, std::vector<Error> reasons = {}) {
  return {name, name + ".json: $", fate, std::move(reasons), {}, 1.5};
}

TEST(Outcomes, TheExitStatusTellsWhetherSomeOrAllFailed) {
  Outcomes outcomes;
  EXPECT_EQ(outcomes.exit_status(), 0);
  outcomes.add(outcome("a", Fate::failed));
  EXPECT_EQ(outcomes.exit_status(), 1);
  outcomes.add(outcome("b", Fate::refused));
  EXPECT_EQ(outcomes.exit_status(), 1);
  outcomes.add(outcome("c", Fate::kept));
  EXPECT_EQ(outcomes.exit_status(), 3);
}

TEST(Outcomes, TheSummaryNamesWhatFailedWithItsReason) {
  Outcomes outcomes;
  outcomes.add(outcome("a", Fate::done));
  outcomes.add(outcome("b", Fate::failed, {Error("b.json: $.x", "it is bad", "Mend it.")}));
  outcomes.add(outcome("", Fate::refused, {Error("p", "no JSON"), Error("q", "more")}));
  EXPECT_THAT(outcomes.summary(), ElementsAre("3 jobs: 1 done, 1 refused because of their inputs, 1 failed.",
                                              "  failed: b (b.json: $.x: it is bad. Mend it.)",
                                              "  refused: .json: $ (p: no JSON) and 1 more"));
  const auto json = nlohmann::json::parse(outcomes.to_json());
  EXPECT_EQ(json["counts"]["failed"], 1);
  EXPECT_EQ(json["jobs"][1]["reasons"][0]["place"], "b.json: $.x");
  EXPECT_EQ(json["jobs"][1]["reasons"][0]["fix"], "Mend it.");
}

class FolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("pleat_claims_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(FolderTest, TheLockOfAKilledProcessIsRemoved) {
  Claim::remove_leftover(folder_, "job");
  EXPECT_FALSE(fs::exists(folder_ / ".pleat"));
  fs::create_directories(folder_ / ".pleat");
  write_file(folder_ / ".pleat" / "job.lock", "");
  Claim::remove_leftover(folder_, "job");
  EXPECT_FALSE(fs::exists(folder_ / ".pleat"));
  const auto held = Claim::take(folder_, "job");
  Claim::remove_leftover(folder_, "job");
  EXPECT_TRUE(fs::exists(folder_ / ".pleat" / "job.lock"));
}

TEST_F(FolderTest, AJobIsClaimedOnceAtATime) {
  auto first = Claim::take(folder_, "job");
  ASSERT_TRUE(first);
  EXPECT_TRUE(Claim::is_taken(folder_, "job"));
  EXPECT_FALSE(Claim::take(folder_, "job"));
  EXPECT_TRUE(Claim::take(folder_, "other"));
  first.reset();
  EXPECT_FALSE(Claim::is_taken(folder_, "job"));
  EXPECT_TRUE(fs::is_empty(folder_)) << "no lock is left";
  EXPECT_TRUE(Claim::take(folder_, "job"));
}

TEST_F(FolderTest, ManyTakeAndReleaseAtATime) {
  std::atomic<int> inside{0}, taken{0};
  const auto work = [&] {
    for (int i = 0; i < 300; ++i) {
      const auto claim = Claim::take(folder_, "job");
      if (!claim) continue;
      EXPECT_EQ(++inside, 1);
      ++taken;
      --inside;
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_GT(taken, 0);
}

TEST_F(FolderTest, EventsAreLinesOfJson) {
  {
    EventLog log(folder_ / "log");
    log.add("job_start", {{"job", "\xff"}, {"seed", int64_t{4}}, {"score", 0.5}});
  }
  EventLog(folder_ / "log").add("end");
  std::istringstream lines(read_file(folder_ / "log"));
  std::string line;
  std::getline(lines, line);
  const auto first = nlohmann::json::parse(line);
  EXPECT_EQ(first["event"], "job_start");
  EXPECT_EQ(first["seed"], 4);
  EXPECT_EQ(first["score"], 0.5);
  EXPECT_GT(first["time"], 1e9);
  std::getline(lines, line);
  EXPECT_EQ(nlohmann::json::parse(line)["event"], "end") << "appended";
  EXPECT_THROW(EventLog(folder_ / "none" / "log"), Error);
}

}  // namespace
}  // namespace pleat::batch
