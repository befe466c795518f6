// Handedness, bond lengths and clashes of components as the dictionary has them, and after one change.
#include "report/geometry.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace pleat::report {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Residues with the ideal coordinates of their components, heavy atoms alone.
struct Structure {
  featurise::StructureLayout layout;
  std::vector<Point> positions;

  void add(const std::string& chain, chem::ChainType type, const std::string& code, const Point& shift = {}) {
    const chem::Component* component = chem::Ccd::embedded()->find(code);
    ASSERT_NE(component, nullptr) << code;
    const int index = static_cast<int>(layout.chains.size());
    featurise::OutputChain& made = layout.chains.emplace_back();
    made.id = chain;
    made.type = type;
    made.residues.push_back({code, 1});
    for (const chem::ComponentAtom& atom : component->atoms) {
      if (atom.element == "H" || !atom.ideal) continue;
      featurise::OutputAtom& added = layout.atoms.emplace_back();
      added.chain = index;
      added.name = atom.name;
      added.element = atom.element;
      const Point& at = *atom.ideal;
      positions.push_back({at[0] + shift[0], at[1] + shift[1], at[2] + shift[2]});
    }
  }
  size_t find(const std::string& name) const {
    const auto found = std::find_if(layout.atoms.begin(), layout.atoms.end(),
                                    [&](const featurise::OutputAtom& atom) { return atom.name == name; });
    EXPECT_NE(found, layout.atoms.end()) << name;
    return static_cast<size_t>(found - layout.atoms.begin());
  }
  Definitions definitions() const { return definitions_of(layout, *chem::Ccd::embedded()); }
};

// D-amino acids and sugars have centres of both hands.
TEST(GeometryTest, ComponentsObeyTheirOwnDefinitions) {
  Structure s;
  for (const char* code : {"ALA", "ILE", "THR", "PRO", "GLY", "DG", "A", "ATP", "NAG", "HEM"})
    s.add(code, chem::ChainType::ligand, code, {100 * static_cast<float>(s.layout.chains.size()), 0, 0});
  const Handedness found = check_handedness(s.layout, s.positions, s.definitions());
  EXPECT_THAT(found.inverted, IsEmpty());
  EXPECT_EQ(found.checked_of_chain, (std::vector<int>{1, 2, 2, 1, 0, 3, 4, 4, 5, 0}));
  EXPECT_THAT(odd_bonds(s.layout, s.positions, s.definitions()), IsEmpty());
  EXPECT_THAT(ligand_clashes(s.layout, s.positions, s.definitions()), IsEmpty());
}

TEST(GeometryTest, AMirrorImageHasAllCentresInverted) {
  Structure s;
  for (const char* code : {"ILE", "ATP", "NAG"}) s.add(code, chem::ChainType::ligand, code);
  for (Point& at : s.positions) at[0] = -at[0];
  const Handedness found = check_handedness(s.layout, s.positions, s.definitions());
  EXPECT_EQ(found.checked_of_chain, (std::vector<int>{2, 4, 5}));
  EXPECT_EQ(found.inverted_of_chain, found.checked_of_chain);
}

TEST(GeometryTest, OneInvertedCentreIsNamed) {
  Structure s;
  s.add("A", chem::ChainType::protein, "THR");
  // The two atoms on CB change places.
  std::swap(s.positions[s.find("OG1")], s.positions[s.find("CG2")]);
  const Handedness found = check_handedness(s.layout, s.positions, s.definitions());
  ASSERT_THAT(found.inverted, SizeIs(1));
  EXPECT_EQ(s.layout.atoms[static_cast<size_t>(found.inverted[0].atom)].name, "CB");
}

// L-alanine, D-alanine and alanine without a word on its centre, at the place of the dictionary's L-alanine.
TEST(GeometryTest, SmilesDefineTheirCentres) {
  for (const auto& [smiles, checked, inverted] : std::vector<std::tuple<std::string, int, int>>{
           {"N[C@@H](C)C(=O)O", 1, 0}, {"N[C@H](C)C(=O)O", 1, 1}, {"NC(C)C(=O)O", 0, 0}}) {
    Structure s;
    s.add("B", chem::ChainType::ligand, "ALA");
    s.layout.chains[0].smiles = smiles;
    s.layout.chains[0].residues[0].name = "LIG_B";
    const std::vector<std::pair<std::string, std::string>> names = {{"N", "N1"}, {"CA", "C1"}, {"CB", "C2"},
                                                                    {"C", "C3"}, {"O", "O1"},  {"OXT", "O2"}};
    for (const auto& [name, counted] : names) s.layout.atoms[s.find(name)].name = counted;
    const Handedness found = check_handedness(s.layout, s.positions, s.definitions());
    EXPECT_EQ(found.checked_of_chain[0], checked) << smiles;
    EXPECT_EQ(found.inverted_of_chain[0], inverted) << smiles;
    EXPECT_THAT(odd_bonds(s.layout, s.positions, s.definitions()), IsEmpty());
  }
}

TEST(GeometryTest, AStretchedBondIsNamedWithItsLength) {
  Structure s;
  s.add("A", chem::ChainType::ligand, "ALA");
  const size_t ca = s.find("CA"), cb = s.find("CB");
  for (size_t axis = 0; axis < 3; ++axis)
    s.positions[cb][axis] = s.positions[ca][axis] + 1.3f * (s.positions[cb][axis] - s.positions[ca][axis]);
  const std::vector<OddBond> odd = odd_bonds(s.layout, s.positions, s.definitions());
  ASSERT_THAT(odd, SizeIs(1));
  EXPECT_NEAR(odd[0].length, 1.3 * 1.53, 0.02);
  EXPECT_NEAR(odd[0].expected, 1.53, 0.01);
}

TEST(GeometryTest, ConsecutiveResiduesAndGivenBondsAreBonded) {
  featurise::StructureLayout layout;
  featurise::OutputChain chain{"A", chem::ChainType::protein, "polypeptide(L)", "",
                               "",  {{"UNK", 1}, {"UNK", 2}}};
  layout.chains = {chain};
  layout.atoms = {{0, 0, "C", "C"}, {0, 1, "N", "N"}, {0, 1, "SG", "S"}};
  const std::vector<Point> apart = {{0, 0, 0}, {3, 0, 0}, {3, 5, 0}};
  EXPECT_THAT(odd_bonds(layout, apart, {}), SizeIs(1));
  layout.bonds.push_back({1, 2});
  EXPECT_THAT(odd_bonds(layout, apart, {}), SizeIs(2));
  layout.chains[0].residues[1].id = 3;  // a gap in the numbers
  EXPECT_THAT(odd_bonds(layout, apart, {}), SizeIs(1));
}

TEST(GeometryTest, ALigandOnAProteinClashes) {
  Structure s;
  s.add("A", chem::ChainType::protein, "TRP");
  s.add("B", chem::ChainType::ligand, "ATP");
  EXPECT_FALSE(ligand_clashes(s.layout, s.positions, s.definitions()).empty());
  Structure apart;
  apart.add("A", chem::ChainType::protein, "TRP");
  apart.add("B", chem::ChainType::ligand, "ATP", {40, 0, 0});
  EXPECT_THAT(ligand_clashes(apart.layout, apart.positions, apart.definitions()), IsEmpty());
}

// Without a definition nobody knows which of its atoms are bonded.
TEST(GeometryTest, AnUnknownLigandClashesWithOthersAlone) {
  featurise::StructureLayout layout;
  layout.chains = {{"A", chem::ChainType::protein, "", "", "", {{"UNK", 1}}},
                   {"B", chem::ChainType::ligand, "", "", "", {{"X", 1}}}};
  layout.atoms = {{0, 0, "C", "C"}, {1, 0, "C1", "C"}, {1, 0, "C2", "C"}};
  const std::vector<Clash> clashes = ligand_clashes(layout, {{0, 0, 0}, {2, 0, 0}, {3.5f, 0, 0}}, {});
  ASSERT_THAT(clashes, SizeIs(1));
  EXPECT_EQ(clashes[0].atom_1, 1);
  EXPECT_EQ(clashes[0].atom_2, 0);
}

TEST(GeometryTest, MetalsMayTouchAndBondedAtomsMayBeNear) {
  featurise::StructureLayout layout;
  layout.chains = {{"A", chem::ChainType::protein, "", "", "", {{"UNK", 1}}},
                   {"B", chem::ChainType::ligand, "", "", "", {{"X", 1}}}};
  layout.atoms = {{0, 0, "OD1", "O"}, {1, 0, "ZN", "ZN"}};
  EXPECT_THAT(ligand_clashes(layout, {{0, 0, 0}, {2.0f, 0, 0}}, {}), IsEmpty());
  EXPECT_THAT(ligand_clashes(layout, {{0, 0, 0}, {1.2f, 0, 0}}, {}), SizeIs(1));
  layout.atoms[1] = {1, 0, "C1", "C"};
  EXPECT_THAT(ligand_clashes(layout, {{0, 0, 0}, {1.4f, 0, 0}}, {}), SizeIs(1));
  layout.bonds.push_back({0, 1});
  EXPECT_THAT(ligand_clashes(layout, {{0, 0, 0}, {1.4f, 0, 0}}, {}), IsEmpty());
}

}  // namespace
}  // namespace pleat::report
