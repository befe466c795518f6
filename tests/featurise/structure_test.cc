#include "featurise/structure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/featurise/support.h"

namespace pleat::featurise {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string error_of(const input::FoldInput& input) {
  try {
    structure_of(input);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> chain_ids(const Structure& structure) {
  std::vector<std::string> ids;
  for (const StructureChain& chain : structure.chains) ids.push_back(chain.id);
  return ids;
}

TEST(Structure, ChainsAreSortedAsMmcifNumbersThem) {
  EXPECT_THAT(chain_ids(structure_of(job({protein("AB", "G"), protein("B", "G"), protein("BA", "G"),
                                          protein("Z", "G"), protein("AA", "G"), protein("A", "G")}))),
              ElementsAre("A", "B", "Z", "AA", "BA", "AB"));
  EXPECT_THAT(error_of(job({protein("a", "G")})), HasSubstr("other than A to Z"));
}

TEST(Structure, ChainsOfOneUnknownResidueGo) {
  EXPECT_THAT(chain_ids(structure_of(job({protein("A", "XXU"), protein("B", "GX"), rna("C", "NNT"),
                                          dna("D", "NU"), ligand("E", {"UNL"})}))),
              ElementsAre("B"));
  EXPECT_THAT(error_of(job({protein("A", "XXX")})), HasSubstr("there is nothing to predict"));
}

TEST(Structure, EndAtomsStayAtTheEnds) {
  const Structure structure = structure_of(job({protein("A", "GAX"), rna("B", "AC")}));
  const auto& peptide = structure.chains[0].residues;
  EXPECT_THAT(atom_names(peptide[0]), ElementsAre("N", "CA", "C", "O"));
  EXPECT_THAT(atom_names(peptide[1]), ElementsAre("N", "CA", "C", "O", "CB"));
  EXPECT_EQ(peptide[2].name, "UNK");  // has the atoms of glycine
  EXPECT_THAT(atom_names(peptide[2]), ElementsAre("N", "CA", "C", "O", "OXT"));
  EXPECT_THAT(atom_names(structure.chains[1].residues[0]), Contains("OP3"));
  EXPECT_THAT(atom_names(structure.chains[1].residues[1]), Not(Contains("OP3")));
}

TEST(Structure, ABondedOxtStaysInTheMiddle) {
  input::FoldInput input = job({protein("A", "GAG"), ligand("B", {"ATP"})});
  input.bonded_atom_pairs = {{{"A", 2, "OXT"}, {"B", 1, "C2"}}};
  const Structure structure = structure_of(input);
  EXPECT_THAT(atom_names(structure.chains[0].residues[1]), Contains("OXT"));
  EXPECT_THAT(atom_names(structure.chains[0].residues[0]), Not(Contains("OXT")));
  ASSERT_EQ(structure.polymer_ligand_bonds.size(), 1u);
  EXPECT_EQ(structure.polymer_ligand_bonds[0][0], (AtomId{0, 2, "OXT"}));
  EXPECT_EQ(structure.polymer_ligand_bonds[0][1], (AtomId{1, 1, "C2"}));
}

TEST(Structure, BondsWithinPolymersAndResiduesAreIgnored) {
  input::FoldInput input = job({protein("A", "CCG"), ligand("B", {"ATP"})});
  input.bonded_atom_pairs = {{{"A", 1, "SG"}, {"A", 2, "SG"}}, {{"B", 1, "C2"}, {"B", 1, "N1"}}};
  const Structure structure = structure_of(input);
  EXPECT_TRUE(structure.polymer_ligand_bonds.empty());
  EXPECT_TRUE(structure.ligand_ligand_bonds.empty());
}

TEST(Structure, GlycansLoseTheirLeavingOxygen) {
  const input::FoldInput alone = job({ligand("A", {"NAG"})});
  EXPECT_THAT(atom_names(structure_of(alone).chains[0].residues[0]), Not(Contains("O1")));
  FeaturiseOptions fixed;
  fixed.fix_standalone_glycans = true;
  EXPECT_THAT(atom_names(structure_of(alone, fixed).chains[0].residues[0]), Contains("O1"));

  input::FoldInput linked = job({ligand("A", {"NAG", "NAG"})});
  linked.bonded_atom_pairs = {{{"A", 1, "O4"}, {"A", 2, "C1"}}};
  const Structure by_carbon = structure_of(linked, fixed);
  for (const Residue& residue : by_carbon.chains[0].residues) {
    EXPECT_THAT(atom_names(residue), Not(Contains("O1")));
  }
  linked.bonded_atom_pairs = {{{"A", 1, "O1"}, {"A", 2, "C1"}}};
  const Structure by_oxygen = structure_of(linked);
  EXPECT_THAT(atom_names(by_oxygen.chains[0].residues[0]), Contains("O1"));
  EXPECT_THAT(atom_names(by_oxygen.chains[0].residues[1]), Not(Contains("O1")));
  EXPECT_EQ(by_oxygen.ligand_ligand_bonds.size(), 1u);
}

TEST(Structure, SmilesLigandsAreNamedByElementAndCount) {
  const Structure structure = structure_of(job({smiles_ligand("L", "ClCCBr")}));
  const Residue& residue = structure.chains[0].residues[0];
  EXPECT_EQ(residue.name, "LIG_L");
  EXPECT_THAT(atom_names(residue), ElementsAre("CL1", "C1", "C2", "BR1"));
  EXPECT_EQ(residue.atoms[0].element, "Cl");
}

TEST(Structure, MixedLigandsAreBranched) {
  const Structure structure = structure_of(job({ligand("A", {"NAG", "BMA"}), ligand("B", {"CA"})}));
  EXPECT_EQ(structure.chains[0].mmcif_type, "branched");
  EXPECT_EQ(structure.chains[1].mmcif_type, "non-polymer");
}

TEST(Structure, ErrorsNameThePlace) {
  EXPECT_THAT(error_of(job({ligand("A", {"CA", "QQQQQ"})})),
              AllOf(HasSubstr("chain A, residue 2"), HasSubstr("QQQQQ")));
  EXPECT_THAT(error_of(job({smiles_ligand("A", "C1CC")})), HasSubstr("chain A"));

  input::ProteinChain modified = protein("A", "GG");
  modified.modifications = {{"SEP", 3}};
  EXPECT_THAT(error_of(job({modified})), HasSubstr("position 3 of a sequence of 2"));

  input::FoldInput bonded = job({protein("A", "GG"), ligand("B", {"CA"})});
  bonded.bonded_atom_pairs = {{{"A", 1, "CB"}, {"B", 1, "CA"}}};
  EXPECT_THAT(error_of(bonded), AllOf(HasSubstr("chain A, residue 1"), HasSubstr("GLY has no atom CB"),
                                      HasSubstr("Its atoms are C CA")));
  bonded.bonded_atom_pairs = {{{"A", 3, "CA"}, {"B", 1, "CA"}}};
  EXPECT_THAT(error_of(bonded), HasSubstr("no residue 3"));
  bonded.bonded_atom_pairs = {{{"X", 1, "CA"}, {"B", 1, "CA"}}};
  EXPECT_THAT(error_of(bonded), HasSubstr("no chain X"));
}

TEST(Structure, ABondToAnAtomThatLeavesIsAnError) {
  input::FoldInput input = job({rna("A", "ACG"), ligand("B", {"CA"})});
  input.bonded_atom_pairs = {{{"A", 2, "OP3"}, {"B", 1, "CA"}}};
  EXPECT_THAT(error_of(input), HasSubstr("bondedAtomPairs[0][0][2]: the atom OP3 of"));
}

}  // namespace
}  // namespace pleat::featurise
