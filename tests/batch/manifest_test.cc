#include "batch/manifest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "batch/checksum.h"
#include "batch/resume.h"

namespace pleat::batch {
namespace {

class ResumeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) / ("pleat_batch_" + std::to_string(::getpid()));
    folder_ = root_ / "job";
    expected_.data = "job_data.json";
    expected_.whole = {"job_model.cif"};
    expected_.seeds = {{1, {}, {{"s1/0"}, {"s1/1"}}}, {2, {"s2/arrays"}, {{"s2/0"}, {"s2/1"}}}};
    manifest_.name = "job";
    manifest_.origin = {"abc", {{"db", "x"}}, "w", {{"steps", "5"}}};
    manifest_.state = JobState::complete;
    manifest_.seeds = {1, 2};
    for (const auto& file : {"job_data.json", "job_model.cif", "s1/0", "s1/1", "s2/arrays", "s2/0", "s2/1"}) {
      write_file(folder_ / file, std::string("bytes of ") + file);
      manifest_.add_file(folder_, file);
    }
    for (const uint32_t seed : {1, 2})
      for (const int sample : {0, 1}) manifest_.samples.push_back({seed, sample, 0.1 * seed + sample});
  }
  void TearDown() override { fs::remove_all(root_); }

  // "seed:sample,sample ..." of what is left.
  std::string left() {
    std::string text;
    Manifest manifest = manifest_;
    const Left left = left_of(manifest, folder_, expected_);
    if (left.data) text += "data ";
    for (const Left::Seed& seed : left.seeds) {
      text += std::to_string(seed.seed) + ":";
      for (const int sample : seed.samples) text += std::to_string(sample) + ",";
    }
    return text + (left.whole ? " whole" : "");
  }

  fs::path root_, folder_;
  Expected expected_;
  Manifest manifest_;
};

TEST_F(ResumeTest, ManifestsSurviveTheirText) {
  manifest_.reason = "why";
  manifest_.seconds = {{"network", 1.25}};
  manifest_.peak_memory = 1234567890123;
  manifest_.machine = {"cpu", "avx512", "float32", 4};
  const auto read = parse_manifest(to_json(manifest_));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read), to_json(manifest_));
  EXPECT_EQ(read->samples[3].ranking_score, manifest_.samples[3].ranking_score) << "to the last bit";
  EXPECT_EQ(read->origin.network, manifest_.origin.network);
  EXPECT_FALSE(parse_manifest("{}"));
  EXPECT_FALSE(parse_manifest(to_json(manifest_).substr(0, 100)));
  EXPECT_FALSE(parse_manifest("[1]"));
}

TEST_F(ResumeTest, ChecksumsOfPiecesAreThoseOfTheWhole) {
  Checksum sum;
  sum.add("bytes of ");
  sum.add("s1/0");
  EXPECT_EQ(sum.digits(), checksum("bytes of s1/0"));
  EXPECT_EQ(file_checksum(folder_ / "s1/0"), checksum("bytes of s1/0"));
  EXPECT_EQ(checksum(""), "99aa06d3014798d86001c324468d497f") << "as xxhsum -H128 prints it";
}

TEST_F(ResumeTest, NothingIsLeftOfACompleteJob) {
  EXPECT_EQ(left(), "");
  EXPECT_EQ(left_of(manifest_, folder_, expected_).nothing(), true);
}

TEST_F(ResumeTest, AMissingOrChangedSampleIsLeft) {
  fs::remove(folder_ / "s1/1");
  EXPECT_EQ(left(), "1:1, whole");
  write_file(folder_ / "s2/0", "bytes of s2/9");  // of the same length
  EXPECT_EQ(left(), "1:1,2:0, whole");
}

TEST_F(ResumeTest, ASeedWithoutItsArraysIsLeftAsAWhole) {
  fs::remove(folder_ / "s2/arrays");
  EXPECT_EQ(left(), "2:0,1, whole");
}

TEST_F(ResumeTest, WithoutItsDataAJobIsLeftAsAWhole) {
  fs::remove(folder_ / "job_data.json");
  EXPECT_EQ(left(), "data 1:0,1,2:0,1, whole");
}

TEST_F(ResumeTest, OnlyTheRankingIsLeft) {
  fs::remove(folder_ / "job_model.cif");
  EXPECT_EQ(left(), " whole");
  write_file(folder_ / "job_model.cif", "bytes of job_model.cif");
  manifest_.state = JobState::failed;
  EXPECT_EQ(left(), " whole");
}

TEST_F(ResumeTest, MoreOrFewerSeedsAndSamplesGoOn) {
  expected_.seeds[0].samples.push_back({"s1/2"});
  expected_.seeds.push_back({3, {}, {{"s3/0"}}});
  EXPECT_EQ(left(), "1:2,3:0, whole");
  expected_.seeds.resize(1);
  expected_.seeds[0].samples.resize(1);
  EXPECT_EQ(left(), " whole") << "the ranking is of other samples";
}

TEST_F(ResumeTest, OnlyResultsOfTheSameOriginGoOn) {
  write_file(folder_ / "job_manifest.json", to_json(manifest_));
  EXPECT_TRUE(find_continued(root_, "job", manifest_.origin));
  Origin other = manifest_.origin;
  other.network["steps"] = "6";
  EXPECT_FALSE(find_continued(root_, "job", other));
  fs::create_directories(root_ / "job_20260101_120000");
  manifest_.origin = other;
  write_file(root_ / "job_20260101_120000" / "job_manifest.json", to_json(manifest_));
  const auto found = find_continued(root_, "job", other);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->folder.filename(), "job_20260101_120000");
  fs::create_directory_symlink(root_ / "job_20260101_120000", root_ / "job_20250101_120000");
  EXPECT_EQ(find_continued(root_, "job", other)->folder.filename(), "job_20260101_120000") << "no link";
}

TEST_F(ResumeTest, TheNetworkGoesOnWhereTheDataPipelineEnded) {
  Origin pipeline = manifest_.origin;
  pipeline.weights.clear();
  pipeline.network.clear();
  EXPECT_TRUE(manifest_.origin.continues(pipeline));
  EXPECT_FALSE(pipeline.continues(manifest_.origin));
  pipeline.search["db"] = "y";
  EXPECT_FALSE(manifest_.origin.continues(pipeline));
}

TEST_F(ResumeTest, PartsOfKilledWritersAreRemoved) {
  write_file(folder_ / "s1/0.part123", "x");
  write_file(folder_ / "s1/0.particle", "x");
  write_file(folder_ / "s1/0.npz.Ab12Cd", "x");
  write_file(folder_ / "s1/0.npz", "x");
  remove_parts(folder_);
  EXPECT_FALSE(fs::exists(folder_ / "s1/0.part123"));
  EXPECT_TRUE(fs::exists(folder_ / "s1/0.particle"));
  EXPECT_FALSE(fs::exists(folder_ / "s1/0.npz.Ab12Cd"));
  EXPECT_TRUE(fs::exists(folder_ / "s1/0.npz"));
}

}  // namespace
}  // namespace pleat::batch
