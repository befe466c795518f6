// What each format holds of a structure, and what it is refused for.
#include "output/model_formats.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/output/samples.h"

namespace pleat::output {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ModelFormatsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    add_chain(layout_, "A", chem::ChainType::protein, "polypeptide(L)",
              {{"GLY", {"N", "CA", "C", "O"}}, {"ALA", {"CA"}}});
    add_chain(layout_, "B", chem::ChainType::ligand, "non-polymer", {{"EOH", {"C1", "C2", "O"}}});
    layout_.bonds.push_back({4, 5});
    for (size_t a = 0; a < layout_.atoms.size(); ++a) {
      atoms_.positions.push_back({static_cast<float>(a), -1.5f, 100.25f});
      atoms_.plddts.push_back(90);
    }
  }
  std::string file(ModelFormat format) {
    return model_file(format, layout_, atoms_, *chem::Ccd::embedded(), info_);
  }
  std::string refusal(ModelFormat format) {
    try {
      check_format(format, layout_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  featurise::StructureLayout layout_;
  PredictedAtoms atoms_;
  ModelCifInfo info_{.name = "job", .time = "2026-01-01 00:00:00", .model_identifier = "", .terms_url = ""};
};

TEST_F(ModelFormatsTest, APdbFileHasTheColumnsOfItsFormat) {
  EXPECT_EQ(refusal(ModelFormat::pdb), "");
  const std::string text = file(ModelFormat::pdb);
  EXPECT_THAT(text, HasSubstr("SEQRES   1 A    2  GLY ALA"));
  EXPECT_THAT(text,
              HasSubstr("ATOM      2  CA  GLY A   1       1.000  -1.500 100.250  1.00 90.00           C"));
  EXPECT_THAT(text, HasSubstr("C1  EOH B   1       5.000  -1.500 100.250  1.00 90.00           C"));
  EXPECT_THAT(text, HasSubstr("\nHETATM"));
  EXPECT_THAT(text, HasSubstr("\nTER"));
  EXPECT_THAT(text, HasSubstr("\nLINK         CA  ALA A   2                 C1  EOH B   1"));
}

TEST_F(ModelFormatsTest, WhatAPdbFileCanNotHoldIsRefusedWithTheReason) {
  layout_.chains[1].residues[0].name = "LIG_B";
  EXPECT_THAT(refusal(ModelFormat::pdb), HasSubstr("chain B has a residue of the name LIG_B"));
  layout_.chains[0].id = "AA";
  EXPECT_THAT(refusal(ModelFormat::pdb), HasSubstr("the id of chain AA has 2 characters"));
  EXPECT_EQ(refusal(ModelFormat::cif), "");
  EXPECT_EQ(refusal(ModelFormat::bcif), "");
}

TEST_F(ModelFormatsTest, ACoordinateThatIsTooLongIsRefused) {
  atoms_.positions[0][0] = -12345;
  try {
    file(ModelFormat::pdb);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a coordinate has more than the 8 characters"));
    EXPECT_THAT(error.what(), HasSubstr("Leave pdb out of --output_format."));
  }
  EXPECT_THAT(file(ModelFormat::cif), HasSubstr("-12345.000"));
}

TEST_F(ModelFormatsTest, BinaryCifHasTheCategoriesOfTheCif) {
  const auto bytes = nlohmann::json::from_msgpack(file(ModelFormat::bcif));
  std::vector<std::string> names;
  for (const auto& category : bytes["dataBlocks"][0]["categories"]) names.push_back(category["name"]);
  EXPECT_EQ(names.front(), "_entry");
  EXPECT_EQ(names.back(), "_atom_site");
  const std::string text = file(ModelFormat::cif);
  for (const std::string& name : names) EXPECT_THAT(text, HasSubstr("\n" + name + "."));
}

TEST_F(ModelFormatsTest, BondsOfLigandsStandInTheFileOnlyWhereAskedFor) {
  EXPECT_THAT(file(ModelFormat::cif), Not(HasSubstr("_chem_comp_bond")));
  info_.ligand_bonds = true;
  const std::string text = file(ModelFormat::cif);
  EXPECT_THAT(text, HasSubstr("_chem_comp_bond.value_order"));
  EXPECT_THAT(text, HasSubstr("C1 C2 EOH N 1 sing"));
  EXPECT_THAT(text, HasSubstr("C1 O  EOH N 2 sing"));
  EXPECT_THAT(text, Not(HasSubstr("GLY N")));
}

TEST_F(ModelFormatsTest, BondsOfSmilesHaveTheirOrders) {
  layout_.chains[1].residues[0].name = "LIG_B";
  layout_.chains[1].smiles = "CC=O";
  const char* names[] = {"C1", "C2", "O1"};
  for (size_t a = 5; a < 8; ++a) layout_.atoms[a].name = names[a - 5];
  info_.ligand_bonds = true;
  EXPECT_THAT(file(ModelFormat::cif), HasSubstr("C2 O1 LIG_B N 2 doub"));
}

}  // namespace
}  // namespace pleat::output
