// What surrounds the stacks: atom encoder, templates, features of the MSA.
#include "model/atom_cross_attention.h"
#include "model/featurization.h"
#include "model/template_modules.h"
#include "tests/model/stages.h"

namespace pleat::model {
namespace {

using test::difference;
using test::expect_close;
using test::Machine;
using test::Stages;

TEST(TargetFeat, AtomEncoderAndTokenFeatures) {
  const Stages& stages = Stages::get();
  Machine machine;
  const TargetFeatAtomEncoder encoder(ParameterReader(stages.parameters, machine.ops, "diffuser"));
  const ops::Array atoms = encoder(machine.ops, stages.batch, atom_layout(stages.batch));
  const ops::Array out = machine.ops.concatenate(machine.ops.upload(token_features(stages.batch)), atoms);
  expect_close(machine.values(out), stages.output("diffuser/evoformer|2"), "target_feat");
}

TEST(TemplateEmbedding, EmptyTemplates) {
  const Stages& stages = Stages::get();
  Machine machine;
  const ParameterReader evoformer(stages.parameters, machine.ops, "diffuser/evoformer");
  const Tensor<float> before = stages.before_norm(
      "diffuser/evoformer/template_embedding/single_template_embedding/query_embedding_norm",
      evoformer.in("template_embedding").in("single_template_embedding"), "query_embedding_norm");
  ops::Array pair = machine.ops.upload(before);
  const TemplateEmbedding embedding(evoformer);
  embedding(machine.ops, stages.batch, pair);
  expect_close(difference(machine.values(pair), before),
               stages.output("diffuser/evoformer/template_embedding"), "templates");
}

TEST(AtomLayout, KeysOfAShortStructureEndInPadding) {
  const featurise::Batch& batch = Stages::get().batch;
  const AtomLayout layout = atom_layout(batch);
  EXPECT_EQ(layout.atoms, 156);
  EXPECT_EQ(layout.windows(), 5);
  EXPECT_EQ(layout.token_first_atom.back(), layout.atoms);
  for (int64_t w = 0; w < layout.windows(); ++w)
    for (int64_t k = 0; k < ops::kWindowKeys; ++k) {
      const int key = layout.keys[static_cast<size_t>(w * ops::kWindowKeys + k)];
      // 156 atoms: every window of 128 keys fits, so there is no padding key and keys are consecutive.
      ASSERT_GE(key, 0);
      ASSERT_LT(key, layout.atoms);
      ASSERT_EQ(key, layout.keys[static_cast<size_t>(w * ops::kWindowKeys)] + k);
    }
}

TEST(MsaFeatures, ShuffleIsAPermutationThatItsKeyDetermines) {
  featurise::Batch batch;
  batch.tokens = 1;
  batch.msa = Tensor<int8_t>({50, 1});
  const auto a = shuffle_msa(batch, random::prng_key(3), 1024),
             b = shuffle_msa(batch, random::prng_key(3), 1024);
  const auto c = shuffle_msa(batch, random::prng_key(4), 1024);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  auto sorted = a;
  std::sort(sorted.begin(), sorted.end());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(sorted[static_cast<size_t>(i)], i);
  // A row's draw does not depend on how many rows there are or are kept.
  const auto first = shuffle_msa(batch, random::prng_key(3), 10);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), a.begin()));
}

TEST(MsaFeatures, LettersOfTheRowsThatWereDrawn) {
  featurise::Batch batch;
  batch.tokens = 2;
  batch.msa = Tensor<int8_t>({3, 2}, std::array<int8_t, 6>{1, 2, 3, 4, 5, 6});
  batch.deletion_matrix = Tensor<int8_t>({3, 2}, std::array<int8_t, 6>{0, 0, 7, 0, 0, 9});
  const Tensor<int32_t> letters = msa_letters(batch, {2, 1});
  const std::vector<int32_t> expected = {5, 0, 6, 9, 3, 7, 4, 0};
  EXPECT_EQ(std::vector<int32_t>(letters.values().begin(), letters.values().end()), expected);
}

}  // namespace
}  // namespace pleat::model
