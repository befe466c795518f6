// What surrounds the stacks: atom encoder, templates, relative encoding, distances.
#include "model/atom_cross_attention.h"
#include "model/distances.h"
#include "model/featurization.h"
#include "model/template_modules.h"
#include "tests/model/stages.h"

namespace pleat {
namespace {

using test::difference;
using test::expect_close;
using test::Stages;

TEST(TargetFeat, AtomEncoderAndTokenFeatures) {
  PLEAT_REQUIRE_SHARED(shared);
  const Stages& stages = Stages::get();
  ThreadPool pool(2);
  const TargetFeatAtomEncoder encoder(ParameterReader(stages.parameters, "diffuser"));
  const int64_t n = stages.batch.tokens, token_features = 2 * featurise::kResidueTypes + 1;
  Tensor<float> out({n, token_features + encoder.channels()}), atoms({n, encoder.channels()});
  create_target_feat(stages.batch, matrix(out));
  encoder(Context(pool, Arithmetic::float32), stages.batch, atom_layout(stages.batch), matrix(atoms));
  copy(matrix(atoms), matrix(out).cols_at(token_features, encoder.channels()));
  expect_close(out, stages.output("diffuser/evoformer|2", 1), "target_feat");
}

TEST(TemplateEmbedding, EmptyTemplates) {
  PLEAT_REQUIRE_SHARED(shared);
  const Stages& stages = Stages::get();
  ThreadPool pool(2);
  const ParameterReader evoformer(stages.parameters, "diffuser/evoformer");
  const LayerNorm norm =
      evoformer.in("template_embedding").in("single_template_embedding").layer_norm("query_embedding_norm");
  const Tensor<float> before = stages.before_norm(
      "diffuser/evoformer/template_embedding/single_template_embedding/query_embedding_norm", norm, 2);
  Tensor<float> pair = before;
  const TemplateEmbedding embedding(evoformer);
  embedding(Context(pool, Arithmetic::float32), stages.batch, matrix(pair));
  expect_close(difference(pair, before), stages.output("diffuser/evoformer/template_embedding", 2),
               "templates");
}

TEST(AtomLayout, KeysOfAShortStructureEndInPadding) {
  PLEAT_REQUIRE_SHARED(shared);
  const featurise::Batch& batch = Stages::get().batch;
  const AtomLayout layout = atom_layout(batch);
  EXPECT_EQ(layout.atoms, 156);
  EXPECT_EQ(layout.windows, 5);
  EXPECT_EQ(layout.token_first_atom.back(), layout.atoms);
  for (int64_t w = 0; w < layout.windows; ++w)
    for (int64_t k = 0; k < featurise::kKeys; ++k) {
      const int key = layout.keys[static_cast<size_t>(w * featurise::kKeys + k)];
      // 156 atoms: every window of 128 keys fits, so there is no padding key and keys are consecutive.
      ASSERT_GE(key, 0);
      ASSERT_LT(key, layout.atoms);
      ASSERT_EQ(key, layout.keys[static_cast<size_t>(w * featurise::kKeys)] + k);
    }
}

featurise::Batch two_chains() {
  featurise::Batch batch;
  batch.tokens = 4;
  const auto ints = [](std::initializer_list<int32_t> v) {
    return Tensor<int32_t>({static_cast<int64_t>(v.size())}, std::vector<int32_t>(v));
  };
  batch.residue_index = ints({1, 50, 1, 1});
  batch.token_index = ints({1, 2, 3, 4});
  batch.asym_id = ints({1, 1, 2, 2});
  batch.entity_id = ints({1, 1, 1, 1});
  batch.sym_id = ints({1, 1, 2, 2});
  return batch;
}

TEST(RelativeEncoding, WithinAndBetweenChains) {
  const featurise::Batch batch = two_chains();
  // Same chain, 49 residues later: clipped to -32 -> 0 from the row's side.
  RelativeEncoding r = relative_encoding(batch, 0, 1);
  EXPECT_EQ(r.residue, 0);
  EXPECT_EQ(r.token, 66 + 65);  // not the same residue
  EXPECT_EQ(r.chain, 133 + 2);
  EXPECT_TRUE(r.entity);
  EXPECT_EQ(relative_encoding(batch, 1, 0).residue, 64);
  // Another chain of the same entity.
  r = relative_encoding(batch, 0, 2);
  EXPECT_EQ(r.residue, 65);
  EXPECT_EQ(r.token, 66 + 65);
  EXPECT_EQ(r.chain, 133 + 1);
  // Two tokens of one residue.
  r = relative_encoding(batch, 3, 2);
  EXPECT_EQ(r.residue, 32);
  EXPECT_EQ(r.token, 66 + 33);
}

TEST(RelativeEncoding, AnotherEntity) {
  featurise::Batch batch = two_chains();
  batch.entity_id[2] = 2;
  const RelativeEncoding r = relative_encoding(batch, 0, 2);
  EXPECT_FALSE(r.entity);
  EXPECT_EQ(r.chain, 133 + 5);
}

TEST(Dgram, BinsAreOpenIntervals) {
  EXPECT_EQ(dgram_bin(0.0f), -1);
  EXPECT_EQ(dgram_bin(3.25f * 3.25f), -1);
  EXPECT_EQ(dgram_bin(std::nextafter(3.25f * 3.25f, 100.0f)), 0);
  EXPECT_EQ(dgram_bin(4.0f * 4.0f), 0);
  // Exactly on an edge between two bins: in neither.
  EXPECT_EQ(dgram_bin(4.5f * 4.5f), -1);
  EXPECT_EQ(dgram_bin(24.5f * 24.5f), -1);
  EXPECT_EQ(dgram_bin(std::nextafter(24.5f * 24.5f, 1e9f)), 17);
  EXPECT_EQ(dgram_bin(std::nextafter(24.5f * 24.5f, 0.0f)), 16);
  EXPECT_EQ(dgram_bin(1000.0f * 1000.0f), 38);
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

TEST(MsaFeatures, OneHotAndDeletions) {
  featurise::Batch batch;
  batch.tokens = 1;
  batch.msa = Tensor<int8_t>({1, 1});
  batch.deletion_matrix = Tensor<int8_t>({1, 1});
  batch.msa[0] = 21;
  batch.deletion_matrix[0] = 3;
  float out[kMsaFeatures];
  create_msa_feat(batch, 0, 0, out);
  for (int k = 0; k < 32; ++k) EXPECT_EQ(out[k], k == 21 ? 1.0f : 0.0f);
  EXPECT_EQ(out[32], 1.0f);
  EXPECT_NEAR(out[33], 0.5f, 1e-6);
}

}  // namespace
}  // namespace pleat
