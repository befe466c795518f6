#include "featurise/ref_conformers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/featurise/support.h"

namespace pleat::featurise {
namespace {

using testing::HasSubstr;

std::vector<ReferenceResidue> conformers(const input::FoldInput& input, const ConformerSettings& settings,
                                         const chem::Ccd& components = ccd()) {
  Findings found;
  const Structure structure = make_structure(input, components, {}, found);
  MoleculeCache molecules(structure);
  return reference_conformers(structure, tokenise(structure), molecules, settings, pool());
}

ConformerSettings seed(uint32_t value) { return {value, std::nullopt, "2021-09-30", false, std::nullopt}; }

float distance(const ReferenceAtom& a, const ReferenceAtom& b) {
  return std::hypot(a.position[0] - b.position[0], a.position[1] - b.position[1],
                    a.position[2] - b.position[2]);
}

TEST(ReferenceConformers, DependOnTheSeedAlone) {
  const input::FoldInput input = job({protein("A", "GAG")});
  const auto a = conformers(input, seed(1)), b = conformers(input, seed(1)), c = conformers(input, seed(2));
  ASSERT_EQ(a.size(), 3u);
  EXPECT_EQ(a[1].atoms[0].position, b[1].atoms[0].position);
  EXPECT_NE(a[1].atoms[0].position, c[1].atoms[0].position);
  EXPECT_NE(a[0].atoms[0].position, a[2].atoms[0].position);  // each glycine has its own
  EXPECT_NEAR(distance(*a[1].find("CA"), *a[1].find("CB")), 1.53, 0.1);
  EXPECT_NE(a[1].find("HA"), nullptr);
  EXPECT_EQ(a[1].find("XX"), nullptr);
}

// A search whose failure is kept is not tried again: the ideal coordinates serve, in this run and in later ones.
TEST(ReferenceConformers, FailedSearchesAreKept) {
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("failed_conformers_" + std::to_string(::getpid()));
  fs::remove_all(folder);
  const Structure structure = structure_of(job({ligand("A", {"GOL"}), ligand("B", {"GOL"})}));
  const Tokens tokens = tokenise(structure);
  const Residue& glycerol = structure.chains[0].residues[0];
  MoleculeCache first(structure, folder);
  const auto embedded = reference_conformers(structure, tokens, first, seed(1), pool());
  EXPECT_FALSE(first.fails(glycerol, seed(1)));
  first.note_failure(glycerol, seed(1), false);
  EXPECT_TRUE(first.fails(glycerol, seed(2)));
  ConformerSettings longer = seed(1);
  longer.max_iterations = 1000;
  EXPECT_FALSE(first.fails(glycerol, longer));

  MoleculeCache later(structure, folder);
  EXPECT_TRUE(later.fails(glycerol, seed(3)));
  const auto own = reference_conformers(structure, tokens, later, seed(1), pool());
  const auto own_again = reference_conformers(structure, tokens, later, seed(2), pool());
  const float ideal = distance(own[0].atoms[0], own[0].atoms[5]);
  for (const auto& residue : {own[1], own_again[0], own_again[1]})
    EXPECT_NEAR(distance(residue.atoms[0], residue.atoms[5]), ideal, 1e-4);
  EXPECT_NE(embedded[0].atoms[0].position, own[0].atoms[0].position);

  MoleculeCache timed(structure, folder / "other");
  timed.note_failure(glycerol, seed(1), true);
  EXPECT_TRUE(timed.fails(glycerol, seed(1)));
  EXPECT_FALSE(MoleculeCache(structure, folder / "other").fails(glycerol, seed(1))) << "times are not kept";
  fs::remove_all(folder);
}

TEST(ReferenceConformers, DrawForResiduesThatAreNotEmbedded) {
  const input::FoldInput input = job({protein("A", "GAG"), ligand("B", {"ATP"})});
  ConformerSettings ligands = seed(7);
  ligands.ligands_only = true;
  const auto all = conformers(input, seed(7)), some = conformers(input, ligands);
  EXPECT_TRUE(some[0].atoms.empty());
  ASSERT_FALSE(some[3].atoms.empty());
  EXPECT_EQ(some[3].atoms[0].position, all[3].atoms[0].position);
}

// A component of two atoms, with ideal and model coordinates and a date as given.
std::shared_ptr<const chem::Ccd> with_component(const std::string& ideal, const std::string& date,
                                                const std::string& name = "C1") {
  const std::string text =
      "data_TST\n_chem_comp.id TST\n_chem_comp.name test\n_chem_comp.type NON-POLYMER\n"
      "_chem_comp.formula 'C O'\n_chem_comp.mon_nstd_parent_comp_id ?\n_chem_comp.pdbx_synonyms ?\n"
      "_chem_comp.formula_weight 28\n_chem_comp.pdbx_modified_date " +
      date +
      "\nloop_\n_chem_comp_atom.comp_id\n_chem_comp_atom.atom_id\n_chem_comp_atom.type_symbol\n"
      "_chem_comp_atom.charge\n_chem_comp_atom.pdbx_leaving_atom_flag\n_chem_comp_atom.model_Cartn_x\n"
      "_chem_comp_atom.model_Cartn_y\n_chem_comp_atom.model_Cartn_z\n"
      "_chem_comp_atom.pdbx_model_Cartn_x_ideal\n_chem_comp_atom.pdbx_model_Cartn_y_ideal\n"
      "_chem_comp_atom.pdbx_model_Cartn_z_ideal\n"
      "TST " +
      name + " C ? N 0 0 0 " + ideal + "\nTST O1 O -1 N 3 0 0 " + ideal +
      "\nloop_\n_chem_comp_bond.atom_id_1\n_chem_comp_bond.atom_id_2\n_chem_comp_bond.value_order\n"
      "_chem_comp_bond.pdbx_aromatic_flag\n" +
      name + " O1 DOUB N\n";
  return chem::Ccd::with_user_ccd(chem::Ccd::embedded(), text);
}

TEST(ReferenceConformers, FallBackToTheComponentsCoordinates) {
  const input::FoldInput input = job({ligand("A", {"TST"})});
  const auto bond = [&](const std::string& ideal, const std::string& date) {
    const auto ccd = with_component(ideal, date);
    const auto residues = conformers(input, seed(1), *ccd);
    return distance(residues[0].atoms.at(0), residues[0].atoms.at(1));
  };
  EXPECT_NEAR(bond("? ? ?", "2020-01-01"), 3, 1e-4);  // model coordinates of an old component
  EXPECT_NEAR(bond("? ? ?", "2021-09-30"), 0, 1e-4);  // not of a new one
  EXPECT_NEAR(bond("? ? ?", "?"), 0, 1e-4);
  EXPECT_NEAR(bond("1 1 1", "2020-01-01"), 0, 1e-4);  // ideal ones come first
}

TEST(ReferenceConformers, FallBacksHaveChargesAndElements) {
  const auto ccd = with_component("? ? ?", "?");
  const auto residues = conformers(job({ligand("A", {"TST"})}), seed(1), *ccd);
  EXPECT_EQ(residues[0].atoms[0].charge, 0);
  EXPECT_EQ(residues[0].atoms[1].charge, -1);
  EXPECT_EQ(residues[0].atoms[1].element, 8);
}

TEST(ReferenceConformers, LongAtomNamesAreAnError) {
  try {
    with_component("? ? ?", "?", "CARB1");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("data_TST: the atom name 'CARB1' has 5 characters"));
  }
}

TEST(ReferenceFeatures, SpellNamesAndNumberSpaces) {
  const Batch batch = features_of(job({protein("A", "GG"), ligand("B", {"ATP"})})).batch;
  EXPECT_EQ(batch.ref_atom_name_chars(0, 1, 0), 'C' - 32);
  EXPECT_EQ(batch.ref_atom_name_chars(0, 1, 1), 'A' - 32);
  EXPECT_EQ(batch.ref_atom_name_chars(0, 1, 2), 0);
  EXPECT_EQ(batch.ref_element(0, 1), 6);
  EXPECT_EQ(batch.ref_space_uid(0, 23), 0);  // of blank slots too
  EXPECT_EQ(batch.ref_space_uid(1, 0), 1);
  EXPECT_EQ(batch.ref_space_uid(2, 0), 2);
  EXPECT_EQ(batch.ref_space_uid(batch.tokens - 1, 0), 2);
  EXPECT_EQ(batch.ref_mask(0, 23), 0);
}

}  // namespace
}  // namespace pleat::featurise
