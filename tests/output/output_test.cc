// Whole jobs: which files there are, their bytes, and what happens when something is wrong.
#include "output/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <set>

#include "base/error.h"
#include "input/read_input.h"
#include "tests/output/samples.h"

namespace pleat::output {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;

// An own empty folder for each test.
class JobWriterTest : public testing::Test {
 protected:
  JobWriterTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() / ("pleat_" + std::string(test->name()) + std::to_string(getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
    input_.name = "a job!";
    input_.chains = {input::ProteinChain{.id = "A",
                                         .sequence = "GG",
                                         .modifications = {},
                                         .description = {},
                                         .unpaired_msa = "",
                                         .paired_msa = "",
                                         .templates = std::vector<input::Template>{},
                                         .max_template_date = {}}};
    input_.seeds = {7, 8};
    add_chain(layout_, "A", chem::ChainType::protein, "polypeptide(L)",
              {{"GLY", {"N", "CA"}}, {"GLY", {"C", "O"}}});
    frames_ = Tensor<uint8_t>({2});
    frames_[0] = frames_[1] = 1;
  }
  ~JobWriterTest() override { fs::remove_all(root_); }

  // Two samples; every entry of the TM matrices of sample s is tm + s / 4, so that is its ranking score.
  model::Prediction prediction(float tm) const {
    model::Prediction made;
    made.atom_positions = Tensor<float>({2, 2, 24, 3});
    for (int64_t i = 0; i < made.atom_positions.size(); ++i)
      made.atom_positions[i] = static_cast<float>(i % 97);
    made.predicted_lddt = Tensor<float>({2, 2, 24});
    made.full_pae = made.tmscore_adjusted_pae_global = Tensor<float>({2, 2, 2});
    for (int64_t i = 0; i < 8; ++i) made.tmscore_adjusted_pae_global[i] = tm + (i < 4 ? 0.0f : 0.25f);
    made.tmscore_adjusted_pae_interface = made.tmscore_adjusted_pae_global;
    made.contact_probs = Tensor<float>({2, 2});
    made.distogram = Tensor<float>({2, 2, 64});
    made.single_embeddings = Tensor<float>({2, 384});
    made.pair_embeddings = Tensor<float>({2, 2, 128});
    made.distogram[1] = 0.1f;
    made.single_embeddings[1] = 1.0f / 3;
    return made;
  }

  void write(JobWriter& writer) {
    writer.write_data_json();
    writer.write_seed(7, prediction(0.25f), layout_, frames_, *chem::Ccd::embedded());
    writer.write_seed(8, prediction(0.5f), layout_, frames_, *chem::Ccd::embedded());
  }

  std::set<std::string> files(const fs::path& folder) const {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.is_regular_file()) found.insert(fs::relative(entry.path(), folder).string());
    return found;
  }

  fs::path root_;
  input::FoldInput input_;
  featurise::StructureLayout layout_;
  Tensor<uint8_t> frames_;
};

TEST_F(JobWriterTest, WritesEveryFileOfAJob) {
  JobWriter writer(input_, root_, {});
  EXPECT_EQ(writer.folder(), root_ / "a_job");
  write(writer);
  EXPECT_NEAR(writer.finish(), 0.75, 1e-7);
  std::set<std::string> expected = {"a_job_data.json", "a_job_ranking_scores.csv"};
  for (const std::string prefix :
       {"", "seed-7_sample-0/", "seed-7_sample-1/", "seed-8_sample-0/", "seed-8_sample-1/"}) {
    const std::string place = prefix.empty() ? "" : "_" + prefix.substr(0, prefix.size() - 1);
    for (const std::string file : {"_model.cif", "_confidences.json", "_summary_confidences.json"})
      expected.insert(prefix + "a_job" + place + file);
  }
  EXPECT_EQ(files(writer.folder()), expected);
  EXPECT_EQ(read_file(writer.folder() / "a_job_data.json"), input::to_json(input_));
}

TEST_F(JobWriterTest, TheBestSampleStandsAtTheRoot) {
  JobWriter writer(input_, root_, {});
  write(writer);
  writer.finish();
  const fs::path best = writer.folder() / "seed-8_sample-1";
  for (const std::string file : {"_model.cif", "_confidences.json", "_summary_confidences.json"})
    EXPECT_EQ(read_file(writer.folder() / ("a_job" + file)),
              read_file(best / ("a_job_seed-8_sample-1" + file)));
}

TEST_F(JobWriterTest, OfEqualScoresTheFirstWins) {
  JobWriter writer(input_, root_, {});
  model::Prediction equal = prediction(0.5f);
  for (int64_t i = 0; i < 8; ++i) equal.tmscore_adjusted_pae_global[i] = 0.5f;
  equal.predicted_lddt(0, 0, 0) = 11;
  writer.write_seed(7, equal, layout_, frames_, *chem::Ccd::embedded());
  writer.finish();
  EXPECT_EQ(read_file(writer.folder() / "a_job_confidences.json"),
            read_file(writer.folder() / "seed-7_sample-0" / "a_job_seed-7_sample-0_confidences.json"));
}

TEST_F(JobWriterTest, RankingTableHasCrlfAndWholePrecision) {
  JobWriter writer(input_, root_, {});
  model::Prediction odd = prediction(0.1f);
  writer.write_seed(4294967295u, odd, layout_, frames_, *chem::Ccd::embedded());
  writer.finish();
  // 0.1f and 0.35f in double precision, each twice over 2 + 1e-8.
  EXPECT_EQ(read_file(writer.folder() / "a_job_ranking_scores.csv"),
            "seed,sample,ranking_score\r\n4294967295,0,0.10000000099011612\r\n4294967295,1,0."
            "34999999228953554\r\n");
}

TEST_F(JobWriterTest, ArraysAreHalfPrecision) {
  OutputOptions options;
  options.save_embeddings = options.save_distogram = true;
  JobWriter writer(input_, root_, options);
  write(writer);
  const auto embeddings = read_npz(writer.folder() / "seed-7_embeddings" / "a_job_seed-7_embeddings.npz");
  ASSERT_EQ(embeddings.size(), 2u);
  EXPECT_EQ(embeddings.at("single_embeddings").dtype, DType::f16);
  EXPECT_EQ(embeddings.at("single_embeddings").shape, (Shape{2, 384}));
  EXPECT_EQ(embeddings.at("single_embeddings").as<float>()[1], 0.33325195f);
  EXPECT_EQ(embeddings.at("pair_embeddings").shape, (Shape{2, 2, 128}));
  const auto distogram = read_npz(writer.folder() / "seed-8_distogram" / "a_job_seed-8_distogram.npz");
  ASSERT_EQ(distogram.size(), 1u);
  EXPECT_EQ(distogram.at("distogram").shape, (Shape{2, 2, 64}));
  EXPECT_EQ(distogram.at("distogram").as<float>()[1], 0.099975586f);
}

TEST_F(JobWriterTest, LargeFilesAreCompressedOnRequest) {
  JobWriter plain(input_, root_ / "plain", {});
  OutputOptions options;
  options.compress_large_output_files = true;
  JobWriter compressed(input_, root_ / "compressed", options);
  for (JobWriter* writer : {&plain, &compressed}) {
    write(*writer);
    writer->finish();
  }
  for (const std::string file :
       {"a_job_confidences.json", "seed-7_sample-0/a_job_seed-7_sample-0_confidences.json"}) {
    EXPECT_FALSE(fs::exists(compressed.folder() / file));
    EXPECT_EQ(read_text_file(compressed.folder() / (file + ".zst")), read_file(plain.folder() / file));
  }
  EXPECT_TRUE(fs::exists(compressed.folder() / "a_job_model.cif.zst"));
  EXPECT_TRUE(fs::exists(compressed.folder() / "a_job_summary_confidences.json"));
}

TEST_F(JobWriterTest, TermsStandAtTheRootAlone) {
  OutputOptions options;
  options.terms_of_use = "the terms";
  JobWriter writer(input_, root_, options);
  write(writer);
  writer.finish();
  EXPECT_EQ(read_file(writer.folder() / "TERMS_OF_USE.md"), "the terms");
  EXPECT_FALSE(fs::exists(writer.folder() / "seed-7_sample-0" / "TERMS_OF_USE.md"));
}

TEST_F(JobWriterTest, AUsedFolderIsLeftAlone) {
  fs::create_directories(root_ / "a_job");
  EXPECT_EQ(JobWriter(input_, root_, {}).folder(), root_ / "a_job");  // empty
  write_file(root_ / "a_job" / "something", "x");
  EXPECT_THAT(JobWriter(input_, root_, {}).folder().filename().string(),
              MatchesRegex("a_job_[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]_[0-9][0-9][0-9][0-9][0-9][0-9]"));
  OutputOptions force;
  force.force_output_dir = true;
  EXPECT_EQ(JobWriter(input_, root_, force).folder(), root_ / "a_job");
}

TEST_F(JobWriterTest, RefusesNumbersThatAreNone) {
  JobWriter writer(input_, root_, {});
  model::Prediction broken = prediction(0.5f);
  broken.atom_positions(0, 1, 0, 2) = std::numeric_limits<float>::infinity();
  const auto message = [&] {
    try {
      writer.write_seed(7, broken, layout_, frames_, *chem::Ccd::embedded());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message(),
              HasSubstr("a_job, seed-7_sample-0: the predicted position of atom C of GLY 2 in chain A"));
  for (const float plddt : {100.01f, -0.01f, std::numeric_limits<float>::quiet_NaN()}) {
    broken = prediction(0.5f);
    broken.predicted_lddt(1, 0, 1) = plddt;
    EXPECT_THAT(message(), HasSubstr("sample-1: the pLDDT of atom CA of GLY 1 in chain A is"));
  }
  EXPECT_TRUE(fs::is_empty(writer.folder()));
}

TEST_F(JobWriterTest, AtomsWithoutSlotAreWrittenAtTheOrigin) {
  JobWriter writer(input_, root_, {});
  layout_.atoms[1].slot = layout_.atoms[1].token = -1;
  writer.write_seed(7, prediction(0.5f), layout_, frames_, *chem::Ccd::embedded());
  EXPECT_THAT(read_file(writer.folder() / "seed-7_sample-0" / "a_job_seed-7_sample-0_model.cif"),
              ContainsRegex("CA +. GLY A 1 1 \\? 0.000 +0.000 +0.000 +1.00 0.00 "));
}

TEST_F(JobWriterTest, AFolderThatCannotBeWrittenIsAUsersError) {
  write_file(root_ / "file", "x");
  EXPECT_THROW(JobWriter(input_, root_ / "file", {}), Error);
}

}  // namespace
}  // namespace pleat::output
