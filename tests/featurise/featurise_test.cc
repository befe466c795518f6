#include "featurise/featurise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/rehearsal_pool.h"
#include "tests/featurise/support.h"

namespace pleat::featurise {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(BucketSize, IsTheSmallestThatFits) {
  EXPECT_EQ(bucket_size(1, {128, 256}), 128);
  EXPECT_EQ(bucket_size(128, {128, 256}), 128);
  EXPECT_EQ(bucket_size(129, {128, 256}), 256);
  EXPECT_EQ(bucket_size(257, {128, 256}), 257);
  EXPECT_EQ(bucket_size(5121, FeaturiseOptions().buckets), 5121);
}

TEST(BucketSize, RejectsBadLists) {
  EXPECT_THROW(bucket_size(1, {}), Error);
  EXPECT_THROW(bucket_size(1, {128, 128}), Error);
  EXPECT_THROW(bucket_size(1, {256, 128}), Error);
  EXPECT_THROW(bucket_size(1, {4}), Error);  // less than one window of keys
  EXPECT_EQ(bucket_size(1, {5}), 5);
}

// Two proteins with MSAs, an RNA, a glycan bonded to the first, a SMILES ligand and an ion.
input::FoldInput varied_job() {
  const std::string a = ">q\nACDEFN\n>tr|AAAAAA|A_HUMAN\nACDE-N\n";
  const std::string b = ">q\nWWWWW\n>tr|BBBBBB|B_HUMAN\nWWaW-W\n";
  input::FoldInput input =
      job({protein("A", "ACDEFN", a, a), protein("B", "WWWWW", b, b), rna("C", "ACGUN"), ligand("D", {"NAG"}),
           smiles_ligand("E", "c1ccccc1CCO"), ligand("F", {"CA"})});
  input.bonded_atom_pairs = {{{"A", 6, "ND2"}, {"D", 1, "C1"}}};
  return input;
}

void expect_equal(const NpzArrays& expected, const NpzArrays& found) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    SCOPED_TRACE(expected[i].first);
    EXPECT_EQ(found[i].first, expected[i].first);
    EXPECT_EQ(found[i].second.shape, expected[i].second.shape);
    EXPECT_TRUE(found[i].second.bytes == expected[i].second.bytes);
  }
}

TEST(JobFeatures, EverySeedIsAsIfMadeAlone) {
  const input::FoldInput input = varied_job();
  JobFeatures together(input, ccd(), {}, pool());
  std::vector<float> positions;  // of the first atom
  for (const uint32_t seed : {1u, 2u, 3u, 1u}) {
    SCOPED_TRACE(seed);
    const Batch& batch = together.for_seed(seed);
    JobFeatures alone(input, ccd(), {}, pool());
    expect_equal(to_features(alone.for_seed(seed)), to_features(batch));
    positions.push_back(batch.ref_pos[0]);
  }
  EXPECT_NE(positions[0], positions[1]);
  EXPECT_NE(positions[1], positions[2]);
  EXPECT_EQ(positions[0], positions[3]);
}

TEST(JobFeatures, WorkRunsOnTheCallersPool) {
  const input::FoldInput input = varied_job();
  const Features expected = features_of(input, FeaturiseOptions().buckets);
  RehearsalPool rehearsed(5);  // its workers are the calling thread
  JobFeatures features(input, ccd(), {}, rehearsed);
  expect_equal(to_features(expected.batch), to_features(features.for_seed(1)));
  EXPECT_GT(rehearsed.times().busy, 0);
}

TEST(Featurise, OneResidue) {
  const Features features = features_of(job({protein("A", "G")}), {5});
  EXPECT_EQ(features.batch.tokens, 1);
  EXPECT_EQ(features.batch.bucket, 5);
  EXPECT_EQ(features.batch.residue_center_index[0], 1);
  EXPECT_EQ(features.batch.frames_mask[0], 1);
  EXPECT_EQ(features.layout.atoms.size(), 5u);
}

TEST(Featurise, OneIon) {
  const Batch batch = features_of(job({ligand("A", {"CA"})})).batch;
  EXPECT_EQ(batch.tokens, 1);
  EXPECT_EQ(batch.ref_charge[0], 2);
  EXPECT_EQ(batch.ref_element[0], 20);
  EXPECT_EQ(batch.frames_mask[0], 0);
  EXPECT_EQ(batch.aatype[0], 20);
}

TEST(Featurise, NothingButUnknownResiduesIsAnError) {
  try {
    features_of(job({protein("A", "XXXXXX")}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("there is nothing to predict"));
  }
}

TEST(Featurise, MissingAlignmentsAreAnError) {
  input::ProteinChain chain = protein("A", "GG");
  chain.paired_msa.reset();
  EXPECT_THROW(features_of(job({chain})), Error);
}

TEST(Featurise, ThreeHundredResidues) {
  std::string sequence;
  for (int i = 0; i < 300; ++i) sequence += "ACDEFGHIKLMNPQRSTVWY"[i * 7 % 20];
  const Batch batch = features_of(job({protein("A", sequence)})).batch;
  EXPECT_EQ(batch.tokens, 300);
  EXPECT_EQ(batch.bucket, 512);
  EXPECT_EQ(batch.token_index[299], 300);
  EXPECT_EQ(batch.token_atoms_to_queries.idx.shape(), (Shape{384, 32}));
  EXPECT_EQ(batch.ref_space_uid(299, 0), 299);
  // Every real atom is gathered once.
  int64_t atoms = 0, gathered = 0;
  for (uint8_t present : batch.pred_dense_atom_mask.values()) atoms += present;
  for (uint8_t present : batch.tokens_to_queries.mask.values()) gathered += present;
  EXPECT_EQ(atoms, gathered);
}

TEST(Featurise, OrderOfChainsInTheInputDoesNotMatter) {
  const Batch a = features_of(job({protein("A", "GAG"), dna("B", "AC"), ligand("C", {"ATP"})})).batch;
  const Batch b = features_of(job({ligand("C", {"ATP"}), dna("B", "AC"), protein("A", "GAG")})).batch;
  EXPECT_TRUE(std::ranges::equal(a.aatype.values(), b.aatype.values()));
  EXPECT_TRUE(std::ranges::equal(a.ref_pos.values(), b.ref_pos.values()));
  EXPECT_TRUE(std::ranges::equal(a.msa.values(), b.msa.values()));
}

TEST(TokenFeatures, NumberChainsEntitiesAndCopies) {
  const Batch batch = features_of(job({protein("A", "G"), protein("B", "A"), protein("C", "G"),
                                       ligand("D", {"CA"}), ligand("E", {"CA"})}))
                          .batch;
  EXPECT_THAT(batch.asym_id.values(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(batch.entity_id.values(), ElementsAre(1, 2, 1, 3, 3));
  EXPECT_THAT(batch.sym_id.values(), ElementsAre(1, 1, 2, 1, 2));
  EXPECT_EQ(batch.num_chains(), 5);
}

TEST(TokenFeatures, TypesOfModifiedAndUnknownResidues) {
  input::ProteinChain peptide = protein("A", "GXU");
  peptide.modifications = {{"MSE", 1}};
  const Batch batch = features_of(job({peptide, rna("B", "AGCUT"), dna("C", "AGCTU")})).batch;
  EXPECT_THAT(batch.aatype.values(), ElementsAre(12, 20, 20, 22, 23, 24, 25, 30, 26, 27, 28, 29, 30));
}

TEST(PseudoBeta, IsTheBaseOrSideChainAtom) {
  const Features features = features_of(job({protein("A", "GA"), rna("B", "ACN"), ligand("C", {"CA"})}));
  const Gather& gather = features.batch.token_atoms_to_pseudo_beta;
  std::vector<std::string> names;
  for (int64_t t = 0; t < features.batch.tokens; ++t) {
    EXPECT_EQ(gather.idx[t] / kAtomSlots, t);
    for (const OutputAtom& atom : features.layout.atoms) {
      if (atom.token == t && atom.slot == gather.idx[t] % kAtomSlots) names.push_back(atom.name);
    }
  }
  // N has no base: its first atom stands in.
  EXPECT_THAT(names, ElementsAre("CA", "CB", "C4", "C2", "P", "CA"));
  EXPECT_EQ(gather.mask[features.batch.tokens], 0);
}

TEST(Frames, OfLigandsNeedThreeAtomsOffALine) {
  EXPECT_THAT(features_of(job({smiles_ligand("A", "CCO")})).batch.frames_mask.values(), Each(1));
  EXPECT_THAT(features_of(job({smiles_ligand("A", "O=C=O")})).batch.frames_mask.values(), Each(0));
  EXPECT_THAT(features_of(job({smiles_ligand("A", "CO")})).batch.frames_mask.values(), Each(0));
}

TEST(Bonds, OfPolymersStartAtTheRepresentativeAtom) {
  input::FoldInput input = job({protein("A", "GN"), ligand("B", {"NAG"})});
  input.bonded_atom_pairs = {{{"A", 2, "ND2"}, {"B", 1, "C1"}}};
  const Batch batch = features_of(input).batch;
  const Gather& tokens = batch.tokens_to_polymer_ligand_bonds;
  EXPECT_EQ(tokens.mask(0, 0), 1);
  EXPECT_EQ(tokens.idx(0, 0), 1);
  EXPECT_EQ(tokens.idx(0, 1), 2);
  EXPECT_EQ(tokens.mask(1, 0), 0);
  EXPECT_EQ(batch.token_atoms_to_polymer_ligand_bonds.idx(0, 0), 1 * kAtomSlots + 7);
}

TEST(Bonds, WithinLigandsLeaveOutNamesThatStartWithH) {
  const Batch benzene = features_of(job({smiles_ligand("A", "c1ccccc1")})).batch;
  int bonds = 0;
  for (uint8_t mask : benzene.tokens_to_ligand_ligand_bonds.mask.values()) bonds += mask;
  EXPECT_EQ(bonds, 12);
  const Batch mercury = features_of(job({smiles_ligand("A", "C[Hg]C")})).batch;
  EXPECT_THAT(mercury.tokens_to_ligand_ligand_bonds.mask.values(), Each(0));
}

TEST(Bonds, MoreThanTokensAreAnError) {
  input::FoldInput input = job({protein("A", "N"), ligand("B", {"CA"})});
  for (int i = 0; i < 6; ++i) input.bonded_atom_pairs.push_back({{"A", 1, "ND2"}, {"B", 1, "CA"}});
  EXPECT_THROW(features_of(input, {5}), Error);
  EXPECT_NO_THROW(features_of(input, {6}));
}

}  // namespace
}  // namespace pleat::featurise
