// What chemistry accepts and refuses of an input's contents.
#include "featurise/chemistry_checks.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace pleat {
namespace {

using ::testing::HasSubstr;

const ChemistryChecks& checks() {
  static const ChemistryChecks kChecks(Ccd::embedded());
  return kChecks;
}

// "place|message" of the Error, "" when there is none.
template <class Check>
std::string complaint(Check&& check) {
  try {
    check();
  } catch (const Error& error) {
    return error.where() + "|" + error.what_is_wrong() + ". " + error.fix();
  }
  return "";
}

ProteinChain protein(const std::string& sequence, std::vector<Modification> modifications = {}) {
  ProteinChain chain;
  chain.id = "A";
  chain.sequence = sequence;
  chain.modifications = std::move(modifications);
  return chain;
}

TEST(ChemistryChecks, Components) {
  EXPECT_EQ(complaint([] { checks().check_component("ATP"); }), "");
  const std::string unknown = complaint([] { checks().check_component("NOPE"); });
  EXPECT_THAT(unknown, HasSubstr("|the chemical component NOPE is not in the dictionary"));
  EXPECT_THAT(unknown, HasSubstr("pleat ccd build"));
  EXPECT_NE(complaint([] { checks().check_component("atp"); }), "");
}

TEST(ChemistryChecks, SmilesAreRefusedWithTheReason) {
  EXPECT_EQ(complaint([] { checks().check_smiles("CC(=O)Oc1ccccc1C(=O)O"); }), "");
  EXPECT_THAT(complaint([] { checks().check_smiles("CC(C"); }), HasSubstr("extra open parentheses"));
  EXPECT_THAT(complaint([] { checks().check_smiles("C1CC"); }), HasSubstr("unclosed ring"));
  EXPECT_THAT(complaint([] { checks().check_smiles("C(C)(C)(C)(C)C"); }), HasSubstr("valence"));
  EXPECT_THAT(complaint([] { checks().check_smiles("nonsense"); }), HasSubstr("SMILES Parse Error"));
  EXPECT_THAT(complaint([] { checks().check_smiles("O~O"); }), HasSubstr("bond"));
}

TEST(ChemistryChecks, AtomsAreThoseOfTheResiduesComponent) {
  const ProteinChain chain = protein("MKS", {{"SEP", 3}});
  EXPECT_EQ(complaint([&] { checks().check_atom(chain, 2, "NZ"); }), "");
  EXPECT_EQ(complaint([&] { checks().check_atom(chain, 3, "O1P"); }), "");
  EXPECT_THAT(complaint([&] { checks().check_atom(chain, 2, "SG"); }),
              HasSubstr("LYS has no atom SG. Its atoms are C CA CB"));
  DnaChain dna;
  dna.sequence = "ACGT";
  EXPECT_EQ(complaint([&] { checks().check_atom(dna, 4, "C7"); }), "");
  EXPECT_THAT(complaint([&] { checks().check_atom(dna, 1, "O2'"); }), HasSubstr("DA has no atom O2'"));
  Ligand ligand;
  ligand.ccd_codes = {"NAG", "NOPE"};
  EXPECT_EQ(complaint([&] { checks().check_atom(ligand, 1, "O4"); }), "");
  EXPECT_EQ(complaint([&] { checks().check_atom(ligand, 2, "O4"); }), "") << "left to check_component";
}

TEST(ChemistryChecks, AlignmentsStartWithTheQuery) {
  const ProteinChain chain = protein("MKSTYQ", {{"SEP", 3}});
  EXPECT_EQ(complaint([&] { checks().check_msa(chain, ""); }), "");
  EXPECT_EQ(complaint([&] { checks().check_msa(chain, ">q\nMKSTYQ\n>h\nM-STaaYQ\n"); }), "");
  EXPECT_THAT(complaint([&] { checks().check_msa(chain, ">q\nMKSTYA\n"); }),
              HasSubstr("row 1 (>q)|the first row is MKSTYA, not the chain's sequence MKSTYQ"));
  EXPECT_THAT(complaint([&] { checks().check_msa(chain, ">q\nMKSTYQ\n>h\nMK\n"); }),
              HasSubstr("row 2 (>h)|it has 2 columns"));
  EXPECT_THAT(complaint([&] { checks().check_msa(chain, ">q\nMKSTYQ\n>h\nMK*TYQ\n"); }),
              HasSubstr("'*' at position 3"));
  // Chains that are too short for an alignment are predicted without one.
  EXPECT_EQ(complaint([&] { checks().check_msa(protein("MKS"), ">q\nAAA\n"); }), "");
}

TEST(ChemistryChecks, TemplatesAreReadable) {
  const ProteinChain chain = protein("MKSTYQ");
  EXPECT_THAT(complaint([&] { checks().check_template(chain, {"no cif", {}, {}}); }), HasSubstr("|"));
  EXPECT_THAT(complaint([&] {
                checks().check_template(chain, {"data_x\n_a.b c\n", {}, {}});
              }),
              HasSubstr("no release date"));
  const std::string cif =
      "data_x\n_pdbx_audit_revision_history.revision_date 2001-02-03\n"
      "_entity_poly.entity_id 1\n_entity_poly.type polypeptide(L)\n"
      "loop_\n_atom_site.group_PDB\n_atom_site.type_symbol\n_atom_site.label_atom_id\n_atom_site.label_alt_"
      "id\n"
      "_atom_site.label_comp_id\n_atom_site.label_asym_id\n_atom_site.label_entity_id\n_atom_site.label_seq_"
      "id\n"
      "_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n_atom_site.occupancy\n"
      "_atom_site.auth_asym_id\n_atom_site.auth_seq_id\n_atom_site.pdbx_PDB_model_num\n"
      "ATOM C CA . ALA A 1 1 0 0 0 1 A 1 1\nATOM C CA . GLY A 1 2 3 0 0 1 A 2 1\n";
  EXPECT_EQ(complaint([&] { checks().check_template(chain, {cif, {5}, {1}}); }), "");
  EXPECT_THAT(complaint([&] {
                checks().check_template(chain, {cif, {5}, {2}});
              }),
              HasSubstr("maps to residue 2"));
}

TEST(ChemistryChecks, UserComponentsCount) {
  EXPECT_THAT(complaint([] { checks().with_user_ccd("loop_"); }), HasSubstr("does not start with data_"));
  EXPECT_THAT(complaint([] { checks().with_user_ccd("data_MY\n_chem_comp.id MY\n"); }),
              HasSubstr("lacks _chem_comp.name"));
  EXPECT_THAT(complaint([] { checks().with_user_ccd("data_MY\n_a.b 'open\n"); }), HasSubstr("data_MY|"));
  const std::string cif =
      "data_MY1\n_chem_comp.id MY1\n_chem_comp.name x\n_chem_comp.type non-polymer\n_chem_comp.formula ?\n"
      "_chem_comp.mon_nstd_parent_comp_id ?\n_chem_comp.pdbx_synonyms ?\n_chem_comp.formula_weight ?\n"
      "loop_\n_chem_comp_atom.comp_id\n_chem_comp_atom.atom_id\n_chem_comp_atom.type_symbol\n"
      "_chem_comp_atom.charge\n_chem_comp_atom.pdbx_model_Cartn_x_ideal\n"
      "_chem_comp_atom.pdbx_model_Cartn_y_ideal\n_chem_comp_atom.pdbx_model_Cartn_z_ideal\n"
      "MY1 C1 C 0 0 0 0\nMY1 C2 C 0 1 0 0\n_chem_comp_bond.atom_id_1 C1\n_chem_comp_bond.atom_id_2 C2\n"
      "_chem_comp_bond.value_order SING\n_chem_comp_bond.pdbx_aromatic_flag N\n";
  const auto own = checks().with_user_ccd(cif);
  EXPECT_EQ(complaint([&] { own->check_component("MY1"); }), "");
  EXPECT_EQ(complaint([&] { own->check_component("ATP"); }), "");
  EXPECT_NE(complaint([] { checks().check_component("MY1"); }), "");
}

}  // namespace
}  // namespace pleat
