#include "featurise/msa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/featurise/support.h"

namespace pleat::featurise {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const std::string& a3m, const std::string& query,
                     chem::ChainType type = chem::ChainType::protein) {
  try {
    read_msa(a3m, query, type, "chain A, unpaired MSA");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Species, ComesFromTheStartOfUniprotDescriptions) {
  EXPECT_EQ(species_of("tr|A0A146SKV9|A0A146SKV9_FUNHE/1-10 something"), "FUNHE");
  EXPECT_EQ(species_of("  sp|P0C2L1|A3X1_LOXLA"), "LOXLA");
  EXPECT_EQ(species_of("sp|P0C2L1_12|A3X1_LOXLA"), "LOXLA");
  EXPECT_EQ(species_of("tr|P0C2L1|A3X1_LONGER1"), "LONGE");
  EXPECT_EQ(species_of("x tr|P0C2L1|A3X1_LOXLA"), "");
  EXPECT_EQ(species_of("tr|P0C2|A3X1_LOXLA"), "");
  EXPECT_EQ(species_of("tr|P0C2L1P0C2|A3X1_LOXLA"), "LOXLA");
  EXPECT_EQ(species_of("tr|P0C2L1P0C2L|A3X1_LOXLA"), "");
  EXPECT_EQ(species_of("tr|P0C2L1_|A3X1_LOXLA"), "");
  EXPECT_EQ(species_of("tr|P0C2L1|A3X1"), "");
  EXPECT_EQ(species_of("tr|P0C2L1|_LOXLA"), "");
  EXPECT_EQ(species_of("tr|P0C2L1|A3X1_"), "");
  EXPECT_EQ(species_of(""), "");
}

TEST(ReadMsa, CountsInsertionsBeforeEachColumn) {
  const Msa msa = read_msa(">q\nAAAAAA\n>h\nAiA-AiiiAAiiiii\n", "AAAAAA", chem::ChainType::protein, "");
  EXPECT_EQ(msa.rows.rows(), 2);
  EXPECT_THAT(msa.rows.letters, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0));
  EXPECT_THAT(msa.rows.deletions, ElementsAre(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 3, 0));
  EXPECT_THAT(msa.deletion_mean, ElementsAre(0, 0.5, 0, 0, 1.5, 0));
}

TEST(ReadMsa, CutsInsertionsTo127ButNotTheirMean) {
  const Msa msa = read_msa(">q\nAC\n>h\nA" + std::string(300, 'x') + "C", "AC", chem::ChainType::protein, "");
  EXPECT_EQ(msa.rows.deletions[3], 127);
  EXPECT_EQ(msa.deletion_mean[1], 150);
}

TEST(ReadMsa, EncodesTheAlphabets) {
  const Msa protein = read_msa(">q\nBZUJOX-ARNDV", "BZUJOX-ARNDV", chem::ChainType::protein, "");
  EXPECT_THAT(protein.rows.letters, ElementsAre(3, 6, 4, 20, 20, 20, 21, 0, 1, 2, 3, 19));
  const Msa rna = read_msa(">q\nAGCUTX-", "AGCUTX-", chem::ChainType::rna, "");
  EXPECT_THAT(rna.rows.letters, ElementsAre(22, 23, 24, 25, 30, 30, 21));
  const Msa dna = read_msa(">q\nAGCTUN-", "AGCTUN-", chem::ChainType::dna, "");
  EXPECT_THAT(dna.rows.letters, ElementsAre(26, 27, 28, 29, 30, 30, 21));
}

TEST(ReadMsa, EmptyTextIsTheQuery) {
  const Msa msa = read_msa("", "AC", chem::ChainType::protein, "");
  EXPECT_THAT(msa.rows.letters, ElementsAre(0, 4));
  EXPECT_THAT(msa.species, ElementsAre(""));
}

TEST(ReadMsa, TheFirstRowIsTheQueryAfterEncoding) {
  EXPECT_EQ(error_of(">q\nDE", "BZ"), "");
  EXPECT_THAT(error_of(">other\nDA\n", "DE"),
              AllOf(HasSubstr("chain A, unpaired MSA, row 1 (>other)"), HasSubstr("DA"), HasSubstr("DE")));
  EXPECT_THAT(error_of(">other\nDEE\n", "DE"), HasSubstr("not the chain's sequence"));
}

TEST(ReadMsa, DamagedRowsAreNamed) {
  EXPECT_THAT(error_of(">q\nDE\n>h\nD.E", "DE"),
              AllOf(HasSubstr("row 2 (>h)"), HasSubstr("'.' at position 2")));
  EXPECT_THAT(error_of(">q\nDE\n>h\nDEE", "DE"), AllOf(HasSubstr("row 2"), HasSubstr("3 columns")));
  EXPECT_THAT(error_of(">q\nDE\n>h\n", "DE"), HasSubstr("0 columns"));
}

TEST(Profile, IsTheColumnFrequency) {
  const Msa msa = read_msa(">q\nAC\n>h\nA-\n>i\nRC\n>j\nAC", "AC", chem::ChainType::protein, "");
  const std::vector<float> frequencies = profile(msa.rows);
  EXPECT_FLOAT_EQ(frequencies[0], 0.75f);
  EXPECT_FLOAT_EQ(frequencies[1], 0.25f);
  EXPECT_FLOAT_EQ(frequencies[31 + 4], 0.75f);
  EXPECT_FLOAT_EQ(frequencies[31 + 21], 0.25f);
}

// The joint alignment.

TEST(JointMsa, WithoutPairingTheQueryIsThereTwice) {
  const Batch batch = features_of(job({protein("A", "ACDEF")})).batch;
  EXPECT_EQ(batch.num_alignments(), 2);
  for (int64_t t = 0; t < 5; ++t) EXPECT_EQ(batch.msa(0, t), batch.msa(1, t));
}

TEST(JointMsa, ShortChainsHaveTheirQueryAlone) {
  const std::string four = ">q\nACDE\n>h\nAC-E\n", five = ">q\nACDEF\n>h\nAC-EF\n";
  EXPECT_EQ(features_of(job({protein("A", "ACDE", four)}), {128}).batch.num_alignments(), 2);
  EXPECT_EQ(features_of(job({protein("A", "ACDEF", five)}), {128}).batch.num_alignments(), 3);
  // An alignment that is not used may be anything.
  EXPECT_EQ(features_of(job({protein("A", "ACDE", ">q\nWWWWWW")}), {128}).batch.num_alignments(), 2);
}

TEST(JointMsa, HomomersAreNotPaired) {
  const std::string paired = ">q\nACDEF\n>tr|AAAAAA|A_HUMAN\nACDE-\n";
  const Batch batch =
      features_of(job({protein("A", "ACDEF", "", paired), protein("B", "ACDEF", "", paired)})).batch;
  EXPECT_EQ(batch.num_alignments(), 2);
}

TEST(JointMsa, PairedRowsLeaveTheUnpairedOnes) {
  const std::string a = ">q\nACDEF\n>tr|AAAAAA|A_HUMAN\nACDE-\n>x\nAAAAA\n";
  const std::string b = ">q\nWWWWW\n>tr|BBBBBB|B_HUMAN\nWWW-W\n";
  const input::FoldInput input = job({protein("A", "ACDEF", a, a), protein("B", "WWWWW", b, b)});
  FeaturiseOptions options;
  const Batch resolved = featurised(input, options).batch;
  ASSERT_EQ(resolved.num_alignments(), 3);  // query, HUMAN, and x against gaps
  EXPECT_EQ(resolved.msa(1, 4), 21);
  EXPECT_EQ(resolved.msa(1, 8), 21);
  EXPECT_EQ(resolved.msa(2, 4), 0);
  EXPECT_EQ(resolved.msa(2, 5), 21);
  EXPECT_NEAR(resolved.profile(0, 0), 1, 1e-6);
  EXPECT_NEAR(resolved.profile(4, 21), 1.0 / 3, 1e-6);  // of the alignment as given

  options.resolve_msa_overlaps = false;
  const Batch whole = featurised(input, options).batch;
  EXPECT_EQ(whole.num_alignments(), 5);
}

TEST(JointMsa, LigandsAloneHaveOneGapRow) {
  const Batch batch = features_of(job({ligand("A", {"ATP"})})).batch;
  EXPECT_EQ(batch.num_alignments(), 1);
  EXPECT_EQ(batch.msa(0, 0), 21);
  EXPECT_EQ(batch.profile(0, 21), 1);
}

TEST(JointMsa, ModifiedResiduesRepeatTheirColumn) {
  input::ProteinChain chain = protein("A", "ACSEF", ">q\nACSEF\n>h\nACWEF\n");
  chain.modifications = {{"SEP", 3}};
  const Batch batch = features_of(job({chain})).batch;
  EXPECT_EQ(batch.tokens, 14);  // SEP has 10 atoms within a chain
  for (int64_t t = 2; t < 12; ++t) EXPECT_EQ(batch.msa(2, t), 17);
  EXPECT_EQ(batch.msa(2, 12), 6);
}

TEST(JointMsa, ErrorsNameChainAlignmentAndRow) {
  try {
    features_of(job({protein("A", "ACDEF"), protein("B", "ACDEF", ">q\nACDEF\n>bad\nACD\n")}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "chain B, unpaired MSA, row 2 (>bad)");
  }
}

}  // namespace
}  // namespace pleat::featurise
