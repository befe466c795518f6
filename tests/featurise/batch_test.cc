#include "featurise/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "tests/support.h"
#include "tests/temporary_folder.h"

namespace pleat::featurise {
namespace {

using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

const fs::path kSmall = test::kGolden / "jobs/ubq20_bare/features.npz";

// Reading the file and making features of it again gives the same arrays, bit for bit.
void expect_round_trip(const fs::path& npz) {
  SCOPED_TRACE(npz);
  const auto expected = read_npz(npz);
  const NpzArrays made = to_features(read_features(npz));
  EXPECT_EQ(made.size(), expected.size());
  for (const auto& [name, array] : made) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(expected.contains(name));
    EXPECT_EQ(array.dtype, expected.at(name).dtype);
    EXPECT_EQ(array.shape, expected.at(name).shape);
    EXPECT_TRUE(array.bytes == expected.at(name).bytes);
  }
}

TEST(Batch, RoundTripOfASmallJob) { expect_round_trip(kSmall); }

TEST(Batch, RoundTripOfEveryGoldenJob) {
  int jobs = 0;
  for (const auto& folder : fs::directory_iterator(test::kGolden / "jobs")) {
    if (!fs::exists(folder.path() / "features.npz")) continue;
    expect_round_trip(folder.path() / "features.npz");
    ++jobs;
  }
  EXPECT_GT(jobs, 15);
}

TEST(Batch, HoldsTheRealTokensAlone) {
  const Batch batch = read_features(kSmall);
  EXPECT_EQ(batch.tokens, 20);
  EXPECT_EQ(batch.bucket, 24);
  EXPECT_EQ(batch.num_alignments(), 2);
  EXPECT_EQ(batch.num_chains(), 1);
  EXPECT_EQ(batch.msa.shape(), (Shape{2, 20}));
  EXPECT_EQ(batch.deletion_mean.shape(), Shape{20});
  EXPECT_EQ(batch.template_atom_positions.shape(), (Shape{4, 20, 24, 3}));
  EXPECT_EQ(batch.token_index[19], 20);
  EXPECT_EQ(batch.queries_to_keys.idx.shape(), (Shape{18, 128}));
  EXPECT_EQ(batch.queries_to_token_atoms.idx.shape(), (Shape{24, 24}));
}

TEST(Batch, FeaturesInTheOrderOfTheReference) {
  const NpzArrays made = to_features(read_features(kSmall));
  EXPECT_EQ(made.front().first, "msa");
  EXPECT_EQ(made[5].first, "num_alignments");
  EXPECT_EQ(made[31].first, "tokens_to_polymer_ligand_bonds:gather_idxs");
  EXPECT_EQ(made.back().first, "frames_mask");
}

// Rewrites the small job with one array changed and says what reading it reports.
std::string changed_error(const std::string& name, const std::function<void(NpyArray&)>& change) {
  TemporaryFolder folder;
  NpzArrays arrays = to_features(read_features(kSmall));
  for (auto& [array_name, array] : arrays)
    if (array_name == name) change(array);
  write_npz(folder / "features.npz", arrays, true);
  try {
    read_features(folder / "features.npz");
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), (folder / "features.npz").string() + ": " + name);
    return error.what();
  }
  return "no error";
}

template <class T>
void set(NpyArray& array, int64_t at, T value) {
  std::memcpy(array.bytes.data() + static_cast<size_t>(at) * sizeof(T), &value, sizeof(T));
}

TEST(BatchErrors, EveryArrayIsNeeded) {
  TemporaryFolder folder;
  const NpzArrays arrays = to_features(read_features(kSmall));
  for (size_t missing = 0; missing < arrays.size(); ++missing) {
    NpzArrays rest = arrays;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(missing));
    write_npz(folder / "features.npz", rest, true);
    try {
      read_features(folder / "features.npz");
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr(arrays[missing].first), HasSubstr("is missing")));
    }
  }
}

TEST(BatchErrors, WrongShapesAndTypesAreNamed) {
  EXPECT_THAT(changed_error("profile",
                            [](NpyArray& a) {
                              a = NpyArray::from(Tensor<float>({24, 30}));
                            }),
              HasSubstr("found float32 (24, 30), expected float32 (24, 31)"));
  EXPECT_THAT(changed_error("aatype", [](NpyArray& a) { a = NpyArray::from(Tensor<float>({24})); }),
              HasSubstr("found float32 (24), expected int32 (24)"));
  EXPECT_THAT(changed_error("tokens_to_keys:gather_mask",
                            [](NpyArray& a) {
                              a = NpyArray::boolean(Tensor<uint8_t>({17, 128}));
                            }),
              HasSubstr("(17, 128), expected bool (18, 128)"));
}

TEST(BatchErrors, TheModelsNarrowTypesAreFine) {
  EXPECT_EQ(changed_error("deletion_mean", [](NpyArray& a) { a = NpyArray::from(a.as<float>()); }),
            "no error");
  EXPECT_EQ(
      changed_error("tokens_to_keys:gather_idxs", [](NpyArray& a) { a = NpyArray::from(a.as<int32_t>()); }),
      "no error");
}

TEST(BatchErrors, CountsOutOfRange) {
  EXPECT_THAT(changed_error("seq_length", [](NpyArray& a) { a = NpyArray::scalar(0); }),
              HasSubstr("found 0, expected 1 to 24"));
  EXPECT_THAT(changed_error("seq_length", [](NpyArray& a) { a = NpyArray::scalar(25); }),
              HasSubstr("found 25"));
  EXPECT_THAT(changed_error("num_alignments", [](NpyArray& a) { a = NpyArray::scalar(16385); }),
              HasSubstr("1 to 16384"));
  EXPECT_THAT(
      changed_error("token_index", [](NpyArray& a) { a = NpyArray::from(Tensor<int32_t>(Shape{0})); }),
      HasSubstr("no tokens"));
}

TEST(BatchErrors, MasksMustMarkTheRealTokens) {
  EXPECT_THAT(changed_error("seq_mask", [](NpyArray& a) { set<uint8_t>(a, 3, 0); }),
              HasSubstr("first 20 tokens"));
  EXPECT_THAT(changed_error("msa_mask", [](NpyArray& a) { set<uint8_t>(a, 24 * 5, 1); }),
              HasSubstr("first 2 rows"));
}

TEST(BatchErrors, IndicesStayInsideTheirSource) {
  for (int64_t index : {int64_t{-1}, int64_t{18 * 32}, int64_t{1} << 40})
    EXPECT_THAT(changed_error("queries_to_keys:gather_idxs", [&](NpyArray& a) { set(a, 5, index); }),
                HasSubstr("is outside the source of 576 elements"));
  EXPECT_THAT(changed_error("queries_to_keys:input_shape", [](NpyArray& a) { set(a, 0, int64_t{1} << 62); }),
              HasSubstr("does not fit this job"));
}

}  // namespace
}  // namespace pleat::featurise
