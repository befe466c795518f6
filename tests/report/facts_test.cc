// Reading a job's folder: what is told of it, and what is refused.
#include "report/facts.h"

#include <gmock/gmock.h>

#include <cmath>

#include "report/confidence_files.h"
#include "report/input_facts.h"
#include "report/view.h"
#include "tests/report/results.h"
#include "tests/support.h"
#include "tests/temporary_folder.h"

namespace pleat::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Two alanines of one token each and an ethanol of one token an atom, in two samples of which the second is better.
class FactsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::vector<MadeChain> chains = {{"A", "polypeptide(L)"}, {"B", "non-polymer"}};
    atoms_ = {{"A", "ALA", 1, "N", "N", {0, 0, 0}, 95},
              {"A", "ALA", 1, "CA", "C", {1.46, 0, 0}, 85},
              {"A", "ALA", 2, "N", "N", {9, 9, 9}, 40},
              {"B", "EOH", 1, "C1", "C", {20, 0, 0}, 60},
              {"B", "EOH", 1, "O", "O", {21.4, 0, 0}, 70}};
    for (int sample : {0, 1})
      write_sample(folder_.path(), sample, made_cif(chains, atoms_), made_confidences(tokens_),
                   made_summary(2, sample ? 0.9 : 0.1));
    write_file(folder_ / "made_ranking_scores.csv", "seed,sample,ranking_score\r\n1,0,0.1\r\n1,1,0.9\r\n");
  }
  Facts read(const ReadLimits& limits = {}) const {
    return read_facts(folder_.path(), chem::Ccd::embedded(), limits);
  }
  std::string refusal() const {
    try {
      read();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  std::string file(const std::string& suffix) const {
    return (folder_.path() / "seed-1_sample-1" / ("made_seed-1_sample-1" + suffix)).string();
  }

  test::TemporaryFolder folder_;
  std::vector<MadeAtom> atoms_;
  std::vector<std::pair<std::string, int>> tokens_ = {{"A", 1}, {"A", 2}, {"B", 1}, {"B", 1}};
};

TEST_F(FactsTest, TheBestSampleComesFirstAndGivesTheLayout) {
  const Facts facts = read();
  EXPECT_EQ(facts.name, "made");
  ASSERT_EQ(facts.samples.size(), 2u);
  EXPECT_EQ(facts.samples[0].number, 1);
  EXPECT_TRUE(std::isnan(facts.samples[0].scores.iptm));
  ASSERT_EQ(facts.layout.chains.size(), 2u);
  EXPECT_EQ(facts.layout.chains[0].type, chem::ChainType::protein);
  EXPECT_EQ(facts.layout.chains[1].type, chem::ChainType::ligand);
  EXPECT_EQ(facts.tokens(), 4u);
  EXPECT_EQ(facts.layout.atoms[1].token, 0);
  EXPECT_EQ(facts.layout.atoms[4].token, 3);
  EXPECT_THAT(token_plddts(facts, *facts.samples[0].detail), ElementsAre(90, 40, 60, 70));
  EXPECT_FLOAT_EQ(facts.samples[0].detail->pae[2 * 4 + 1], 2.1f);
  EXPECT_THAT(facts.warning(), HasSubstr("cannot predict other structures"));
}

TEST_F(FactsTest, LargeFilesOfTheBestSamplesAreReadWithinTheLimits) {
  const Facts facts = read({.matrix_elements = 20, .atoms = 100});
  EXPECT_TRUE(facts.samples[0].detail.has_value());
  EXPECT_FALSE(facts.samples[1].detail.has_value());
  EXPECT_DOUBLE_EQ(facts.samples[1].scores.ranking_score, 0.1);
}

TEST_F(FactsTest, CompressedFilesAreRead) {
  for (const char* suffix : {"_model.cif", "_confidences.json"}) {
    write_file(file(suffix) + ".zst", zstd_compress(read_file(file(suffix))));
    fs::remove(file(suffix));
  }
  EXPECT_EQ(read().tokens(), 4u);
}

TEST_F(FactsTest, EachDamageIsNamedWithItsFile) {
  EXPECT_EQ(refusal(), "");
  write_file(file("_summary_confidences.json"), "{}");
  EXPECT_THAT(refusal(), HasSubstr("made_seed-1_sample-1_summary_confidences.json: "));
  write_file(file("_summary_confidences.json"), made_summary(3, 0.9).dump());
  EXPECT_THAT(refusal(), HasSubstr("the file has 3 chains, the model file 2"));
  write_file(file("_confidences.json"), R"({"pae": [[1, 2)");
  EXPECT_THAT(refusal(), HasSubstr("not JSON"));
  write_file(file("_confidences.json"), made_confidences({{"A", 1}, {"B", 1}, {"B", 1}}).dump());
  EXPECT_THAT(refusal(), HasSubstr("tokens are not those of the model file"));
  write_file(file("_model.cif"), "data_x\n_entry.id x\n");
  EXPECT_THAT(refusal(), HasSubstr("no atoms"));
  fs::remove(file("_model.cif"));
  EXPECT_THAT(refusal(), HasSubstr("made_seed-1_sample-1_model.cif"));
  write_file(folder_ / "made_ranking_scores.csv", "seed,sample,ranking_score\r\n1,x,0.9\r\n");
  EXPECT_THAT(refusal(), HasSubstr("made_ranking_scores.csv: line 2: 'x' is not a number"));
}

TEST_F(FactsTest, AFolderOfJobsOpensEachAndAnyOtherIsRefused) {
  EXPECT_THAT(job_folders(folder_.path()), ElementsAre(folder_.path()));
  EXPECT_THAT(job_folders(folder_.path().parent_path()), ::testing::Contains(folder_.path()));
  EXPECT_THROW(job_folders(folder_ / "seed-1_sample-0"), Error);
  EXPECT_THROW(job_folders(folder_ / "absent"), Error);
}

TEST_F(FactsTest, TheInputTellsOfAlignmentsAndTemplates) {
  write_file(folder_ / "made_data.json",
             R"({"dialect": "alphafold3", "version": 4, "name": "made", "modelSeeds": [1], "sequences": [
  {"protein": {"id": "A", "sequence": "AA", "unpairedMsa": ">q\nAA\n>h\n-A\n", "pairedMsa": ">q\nAaA\n",
   "templates": [{"mmcif": "data_1ABC\n_entry.id 1ABC\n", "queryIndices": [1], "templateIndices": [0]}]}},
  {"ligand": {"id": "B", "ccdCodes": ["EOH"]}}]})");
  const Facts facts = read();
  ASSERT_TRUE(facts.inputs[0].alignment.has_value());
  EXPECT_EQ(facts.inputs[0].alignment->unpaired_rows, 2);
  EXPECT_EQ(facts.inputs[0].alignment->paired_rows, 1);
  EXPECT_THAT(facts.inputs[0].alignment->coverage, ElementsAre(2, 3));
  ASSERT_EQ(facts.inputs[0].templates.size(), 1u);
  EXPECT_EQ(facts.inputs[0].templates[0].name, "1ABC");
  EXPECT_THAT(facts.inputs[0].templates[0].residues, ElementsAre(1));
  EXPECT_FALSE(facts.inputs[1].alignment.has_value());
}

TEST_F(FactsTest, PlainViewIsAsciiWithoutControls) {
  const std::string text = view_text(read(), {});
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7F)) << int(c);
  EXPECT_THAT(text, HasSubstr("made: 4 tokens, 2 chains, 2 samples (pleat 1.2 (model demo))"));
  EXPECT_THAT(text, HasSubstr("  A       1  94\n"));
  EXPECT_THAT(text, HasSubstr("  B       1  67\n"));
  EXPECT_THAT(text, HasSubstr("ligand EOH"));
  // Mean errors of 0 to 0.3 in the first row, and of 3 to 3.3 in the last.
  EXPECT_THAT(text, HasSubstr("  A    @@@@@@@@\n       @@@@@@@@\n  B    @@@@@@@@\n       @@@@@@@@\n"));
}

TEST_F(FactsTest, ColoursAndBlocksComeOnlyWhereAskedFor) {
  const std::string text = view_text(read(), {.colour = true, .unicode = true});
  EXPECT_THAT(text, HasSubstr("\x1b[38;5;45m█"));  // pLDDT 90
  EXPECT_THAT(view_text(read(), {.colour = false, .unicode = true}), Not(HasSubstr("\x1b")));
}

TEST(CoverageTest, InsertionsAndGapsDoNotCount) {
  std::vector<int> coverage(3);
  EXPECT_EQ(add_coverage("no header\n>a\nABC\n>b x\nA-\nC\n>c\n-bb.C\n", coverage), 3);
  EXPECT_THAT(coverage, ElementsAre(2, 1, 3));
}

TEST(ConfidenceFilesTest, NullIsNotANumber) {
  nlohmann::json json = made_confidences({{"A", 1}});
  json["pae"][0][0] = nullptr;
  EXPECT_TRUE(std::isnan(read_confidences(json.dump()).pae[0]));
}

// Folders that AlphaFold 3 itself wrote.
TEST(FactsGoldenTest, TheReferencesFoldersAreRead) {
  const Facts facts = read_facts(test::kGolden / "e2e" / "e2e_modified", chem::Ccd::embedded());
  EXPECT_EQ(facts.tokens(), 66u);
  EXPECT_EQ(facts.layout.chains.size(), 3u);
  EXPECT_EQ(facts.software, "AlphaFold");
  EXPECT_THAT(facts.version, HasSubstr("AlphaFold-beta"));
  EXPECT_EQ(facts.samples.size(), 2u);
  EXPECT_TRUE(facts.samples[1].detail.has_value());
  EXPECT_EQ(facts.inputs[0].alignment->unpaired_rows, 0);
  EXPECT_EQ(facts.warning(), "");
}

}  // namespace
}  // namespace pleat::report
