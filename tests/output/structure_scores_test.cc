// Clashes, accessibility and disorder on structures made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>

#include "output/accessibility.h"
#include "output/clashes.h"
#include "output/disorder.h"
#include "tests/output/samples.h"
#include "tests/support.h"

namespace pleat::output {
namespace {

using testing::ElementsAre;

// Residues of one atom each, `gap` apart along x from `start`.
void add_line(featurise::StructureLayout& layout, PredictedAtoms& atoms, const std::string& id, int residues,
              float gap, float y, chem::ChainType type = chem::ChainType::protein) {
  const std::string mmcif_type = type == chem::ChainType::ligand ? "branched" : "polypeptide(L)";
  add_chain(layout, id, type, mmcif_type,
            std::vector(static_cast<size_t>(residues),
                        std::pair(std::string("GLY"), std::vector<std::string>{"CA"})));
  for (int r = 0; r < residues; ++r) {
    atoms.positions.push_back({gap * static_cast<float>(r), y, 0});
    atoms.plddts.push_back(50);
  }
}

TEST(HasClash, NeedsMoreThanHalfOfTheChain) {
  for (const int near : {2, 3}) {
    featurise::StructureLayout layout;
    PredictedAtoms atoms;
    add_line(layout, atoms, "A", 4, 3, 0);
    add_line(layout, atoms, "B", 20, 3, 50);
    // The first `near` atoms of B come within 1.1 Angstrom of as many of A's four.
    for (int r = 0; r < near; ++r) atoms.positions[static_cast<size_t>(4 + r)][1] = 1.0999f;
    EXPECT_EQ(has_clash(layout, atoms), near == 3);
  }
}

TEST(HasClash, CountsDistancesUpToTheCutoff) {
  featurise::StructureLayout layout;
  PredictedAtoms atoms;
  add_line(layout, atoms, "A", 3, 3, 0);
  add_line(layout, atoms, "B", 3, 3, 1.0999f);
  EXPECT_TRUE(has_clash(layout, atoms));
  for (size_t a = 3; a < 6; ++a) atoms.positions[a][1] = 1.1001f;
  EXPECT_FALSE(has_clash(layout, atoms));
}

TEST(HasClash, MoreThanAHundredAtomsClashInAnyChain) {
  for (const int near : {100, 101}) {
    featurise::StructureLayout layout;
    PredictedAtoms atoms;
    add_line(layout, atoms, "A", 300, 3, 0);
    add_line(layout, atoms, "B", 300, 3, 50);
    for (int r = 0; r < near; ++r) atoms.positions[static_cast<size_t>(300 + r)][1] = 0.5f;
    EXPECT_EQ(has_clash(layout, atoms), near == 101);
  }
}

TEST(HasClash, NeighboursInSequenceAndLigandsDoNotCount) {
  featurise::StructureLayout layout;
  PredictedAtoms atoms;
  add_line(layout, atoms, "A", 6, 0.9f, 0);  // next residues 0.9 apart, second next 1.8
  add_line(layout, atoms, "L", 6, 0.9f, 0, chem::ChainType::ligand);
  EXPECT_FALSE(has_clash(layout, atoms));
  featurise::StructureLayout tight;
  PredictedAtoms tight_atoms;
  add_line(tight, tight_atoms, "A", 6, 0.5f, 0);  // second next 1.0 apart
  EXPECT_TRUE(has_clash(tight, tight_atoms));
}

TEST(HasClash, NoPolymerMeansNone) {
  featurise::StructureLayout layout;
  PredictedAtoms atoms;
  add_line(layout, atoms, "L", 3, 0, 0, chem::ChainType::ligand);
  EXPECT_FALSE(has_clash(layout, atoms));
}

TEST(AccessibleSurface, ALoneAtomIsAWholeSphere) {
  const double radius = 1.8 + 1.4;
  EXPECT_THAT(accessible_surface({{{{0, 0, 0}, 1.8f}}}),
              ElementsAre(static_cast<int>(std::lround(4 * std::numbers::pi * radius * radius))));
}

// Two equal spheres at distance d lose a cap each: area 2 pi R (R + d / 2) is left.
TEST(AccessibleSurface, TwoAtomsLoseTheirCaps) {
  const double radius = 1.8 + 1.4;
  for (const float distance : {1.5f, 3.0f, 6.0f}) {
    const auto areas = accessible_surface({{{{0, 0, 0}, 1.8f}}, {{{distance, 0, 0}, 1.8f}}});
    const double expected = 2 * std::numbers::pi * radius * (radius + distance / 2);
    EXPECT_NEAR(areas[0], expected, 0.01 * expected);
    EXPECT_NEAR(areas[1], expected, 0.01 * expected);
  }
}

TEST(AccessibleSurface, CoincidingAtomsDoNotCoverEachOther) {
  const auto areas = accessible_surface({{{{0, 0, 0}, 1.8f}}, {{{0.005f, 0, 0}, 1.8f}}});
  EXPECT_EQ(areas[0], 129);
  EXPECT_EQ(areas[1], 129);
}

TEST(AccessibleSurface, FarResiduesDoNotMatter) {
  EXPECT_THAT(accessible_surface({{{{0, 0, 0}, 1.8f}}, {{{6.41f, 0, 0}, 1.8f}}}), ElementsAre(129, 129));
}

// DSSP's own answer for a crystal structure, residue by residue.
TEST(AccessibleSurface, IsDsspsOnACrystalStructure) {
  std::ifstream file(test::source_dir() / "tests/output/data/1cbs_accessibility.txt");
  std::string comment, name;
  std::getline(file, comment);
  std::vector<SurfaceResidue> residues;
  std::vector<int> expected;
  int area = 0, atoms = 0;
  while (file >> name >> area >> atoms) {
    expected.push_back(area);
    residues.emplace_back();
    float x = 0, y = 0, z = 0;
    for (int a = 0; a < atoms && file >> name >> x >> y >> z; ++a)
      residues.back().push_back({{x, y, z}, surface_radius(name)});
  }
  ASSERT_EQ(residues.size(), 137u);
  EXPECT_EQ(accessible_surface(residues), expected);
}

TEST(SurfaceRadius, GoesByTheAtomsName) {
  EXPECT_EQ(surface_radius("CA"), 1.87f);
  EXPECT_EQ(surface_radius("N"), 1.65f);
  EXPECT_EQ(surface_radius("C"), 1.76f);
  EXPECT_EQ(surface_radius("O"), 1.4f);
  EXPECT_EQ(surface_radius("OXT"), 1.8f);
  EXPECT_EQ(surface_radius("SE"), 1.8f);
}

TEST(WindowedMean, ReflectsAtTheEnds) {
  std::vector<double> values(30);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  const auto means = windowed_mean(values);
  // Around the first: 0 once, 1..12 twice.
  EXPECT_DOUBLE_EQ(means[0], 2 * 78 / 25.0);
  EXPECT_DOUBLE_EQ(means[12], 12);
  EXPECT_DOUBLE_EQ(means[29], 29 - 2 * 78 / 25.0);
}

TEST(WindowedMean, ShortListsReflectRepeatedly) {
  EXPECT_THAT(windowed_mean(std::vector<double>{0.5}), ElementsAre(0.5));
  // 0 1 2 1 0 1 2 1 0 1 2 1 |0| 1 2 1 0 1 2 1 0 1 2 1 0: seven 0, twelve 1, six 2.
  EXPECT_DOUBLE_EQ(windowed_mean(std::vector<double>{0, 1, 2})[0], 24 / 25.0);
}

// An extended chain of glycines, backbone only, every atom far from the others.
void add_peptide(featurise::StructureLayout& layout, PredictedAtoms& atoms, const std::string& id,
                 int residues, float spread) {
  add_chain(layout, id, chem::ChainType::protein, "polypeptide(L)",
            std::vector(static_cast<size_t>(residues),
                        std::pair(std::string("GLY"), std::vector<std::string>{"N", "CA", "C", "O"})));
  for (int a = 0; a < 4 * residues; ++a) {
    atoms.positions.push_back({spread * static_cast<float>(a), 0, 0});
    atoms.plddts.push_back(50);
  }
}

TEST(FractionDisordered, IsOneForAFreeChainAndZeroForACollapsedOne) {
  featurise::StructureLayout layout;
  PredictedAtoms atoms;
  add_peptide(layout, atoms, "A", 3, 10);
  EXPECT_EQ(fraction_disordered(layout, atoms), 1.0);
  featurise::StructureLayout collapsed;
  PredictedAtoms collapsed_atoms;
  add_peptide(collapsed, collapsed_atoms, "A", 60, 0.05f);
  EXPECT_LT(fraction_disordered(collapsed, collapsed_atoms), 0.2);
}

TEST(FractionDisordered, CopiesTakeTheFirstChainsValues) {
  featurise::StructureLayout layout;
  PredictedAtoms atoms;
  add_peptide(layout, atoms, "A", 3, 10);
  add_peptide(layout, atoms, "B", 3, 0.01f);
  EXPECT_EQ(fraction_disordered(layout, atoms), 1.0);
  layout.chains[1].sequence = "AAA";
  EXPECT_EQ(fraction_disordered(layout, atoms), 0.5);
}

TEST(FractionDisordered, ResiduesWithoutWholeBackboneDoNotCount) {
  featurise::StructureLayout layout;
  PredictedAtoms atoms;
  add_line(layout, atoms, "A", 5, 3, 0);
  EXPECT_EQ(fraction_disordered(layout, atoms), 0.0);
}

}  // namespace
}  // namespace pleat::output
