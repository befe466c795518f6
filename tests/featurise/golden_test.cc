// Every feature array of every golden job against the reference's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "featurise/featurise.h"
#include "tensor/npz.h"
#include "tests/featurise/support.h"
#include "tests/read_input.h"
#include "tests/support.h"

namespace pleat::featurise {
namespace {

class Golden : public testing::TestWithParam<std::string> {};

// Distances between atoms of one reference space that either conformer has at bonded range differ by less
// than 0.15 A: conformers depend on the version of RDKit and on chance, bond lengths do not.
void expect_same_geometry(const Tensor<float>& expected, const Tensor<float>& found,
                          const Tensor<uint8_t>& mask, const Tensor<int32_t>& space) {
  std::map<int32_t, std::vector<int64_t>> spaces;
  for (int64_t i = 0; i < mask.size(); ++i) {
    if (mask[i]) spaces[space[i]].push_back(i);
  }
  const auto distance = [](const Tensor<float>& x, int64_t i, int64_t j) {
    return std::hypot(x[3 * i] - x[3 * j], x[3 * i + 1] - x[3 * j + 1], x[3 * i + 2] - x[3 * j + 2]);
  };
  for (const auto& [uid, atoms] : spaces) {
    for (int64_t i : atoms) {
      for (int64_t j : atoms) {
        const float a = distance(expected, i, j), b = distance(found, i, j);
        if (i < j && std::min(a, b) < 1.7f) {
          EXPECT_NEAR(a, b, 0.15) << "reference space " << uid;
        }
      }
    }
  }
}

// An atom of a ligand has a frame where the angle of its conformer is not too flat: in `most` elements chance decides.
void expect_same_frames(const NpyArray& expected, const NpyArray& found, int most) {
  const auto a = expected.as<uint8_t>(), b = found.as<uint8_t>();
  int different = 0;
  for (int64_t i = 0; i < a.size(); ++i) different += a[i] != b[i];
  EXPECT_LE(different, most);
}

void expect_close(const Tensor<double>& expected, const Tensor<double>& found) {
  for (int64_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(expected[i], found[i], 1e-5) << "element " << i;
}

// The features of the last job of `folder`/input.json beside those of features.npz.
void expect_reference_features(const fs::path& folder, int most_frames = 0) {
  const input::FoldInput input = test::read_input(folder / "input.json").back();
  const auto golden = read_npz(folder / "features.npz");
  std::shared_ptr<const chem::Ccd> ccd = chem::Ccd::embedded();
  if (input.user_ccd) ccd = chem::Ccd::with_user_ccd(ccd, *input.user_ccd);
  FeaturiseOptions options;
  options.buckets = {static_cast<int>(golden.at("seq_mask").shape[0])};
  std::map<std::string, NpyArray> ours;
  for (auto& [name, array] : to_features(featurised(input, options, *ccd).batch)) ours.emplace(name, array);
  for (const auto& [name, expected] : golden) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(ours.contains(name));
    const NpyArray& found = ours.at(name);
    ASSERT_EQ(found.shape, expected.shape);
    ASSERT_EQ(found.dtype, expected.dtype);
    if (name == "ref_pos") {
      expect_same_geometry(expected.as<float>(), found.as<float>(), golden.at("ref_mask").as<uint8_t>(),
                           golden.at("ref_space_uid").as<int32_t>());
    } else if (name == "frames_mask") {
      expect_same_frames(expected, found, most_frames);
    } else if (expected.dtype == DType::f32 || expected.dtype == DType::f64) {
      expect_close(expected.as<double>(), found.as<double>());
    } else {
      EXPECT_TRUE(found.bytes == expected.bytes);
    }
  }
}

TEST_P(Golden, FeaturesEqualTheReferences) { expect_reference_features(test::kGolden / "jobs" / GetParam()); }

// Inputs after public bug reports.
class Cases : public testing::TestWithParam<std::string> {};

TEST_P(Cases, FeaturesEqualTheReferences) {
  expect_reference_features(test::kGolden / "cases" / GetParam(), GetParam() == "J_smiles_heme2" ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(Reports, Cases,
                         testing::Values("A04_ccd_empty_bond_cols", "A04_ccd_ion_q_bond", "A04_ccd_utf8_bare",
                                         "B02_disulfide_polymer", "B02_head_tail", "B11_ace_cy3_bond",
                                         "D_homomer_templates", "D_self", "J_server_two", "J_smiles_heme2",
                                         "K_imidazole_fe", "T_alt_digit", "T_coord_plus",
                                         "T_hetero_same_chain_nowater", "T_insertion_polyseq",
                                         "T_microhet_inter_6", "T_microhet_seq_6_noscheme", "T_no_type",
                                         "T_removed_chain_atoms", "T_res_CSO", "T_type_other", "T_utf8_bare"),
                         [](const auto& info) { return info.param; });

INSTANTIATE_TEST_SUITE_P(Jobs, Golden,
                         testing::Values("5tgy_mini_databases", "barnase_barstar", "calmodulin_4calcium",
                                         "dna_duplex", "glycan_bonds", "heterodimer_paired",
                                         "homodimer_plus_paired", "ions_ligands", "methylated_dna",
                                         "modified_everything", "rna_protein_msa", "small_network",
                                         "smiles_ligands", "streptavidin_biotin_smiles", "templates_7rye",
                                         "tetr_homodimer", "u1a_rna", "ubiquitin_default", "ubq20_bare",
                                         "ubq20_bucket32"));

}  // namespace
}  // namespace pleat::featurise
