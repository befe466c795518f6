// PDB entries: the chain's text rule by rule. Whole texts are compared in tests/search/golden_test.cc.
#include "chem/pdb_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace pleat::chem {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHeader =
    "data_1ABC\n_entry.id '1 ABC'\n"
    "loop_\n_pdbx_audit_revision_history.revision_date\n2020-02-03\n1999-12-31\n"
    "_refine.ls_d_res_high ?\n_em_3d_reconstruction.resolution 3.456\n"
    "loop_\n_exptl.method\n'X-RAY DIFFRACTION'\n'NEUTRON DIFFRACTION'\n";
const std::string kChains =
    "loop_\n_struct_asym.id\n_struct_asym.entity_id\nA 1\nB 2\nC 3\n"
    "loop_\n_entity.id\n_entity.type\n_entity.pdbx_description\n1 polymer 'Some protein'\n2 polymer DNA\n"
    "3 non-polymer 'ZINC ION'\n"
    "loop_\n_entity_poly.entity_id\n_entity_poly.type\n1 polypeptide(L)\n2 polydeoxyribonucleotide\n";
const std::string kScheme =
    "loop_\n_pdbx_poly_seq_scheme.asym_id\n_pdbx_poly_seq_scheme.seq_id\n_pdbx_poly_seq_scheme.mon_id\n"
    "_pdbx_poly_seq_scheme.pdb_seq_num\n_pdbx_poly_seq_scheme.pdb_ins_code\n"
    "_pdbx_poly_seq_scheme.pdb_strand_id\n"
    "A 1 GLY 10 . X\nA 2 MSE 11 . X\nA 3 ARG 11 A X\nA 4 SEP 12 . X\nB 1 DA 1 . Y\nB 2 XYZ 2 . Y\n";
const std::string kAtomColumns =
    "loop_\n_atom_site.group_PDB\n_atom_site.type_symbol\n_atom_site.label_atom_id\n"
    "_atom_site.label_alt_id\n_atom_site.label_comp_id\n_atom_site.label_asym_id\n"
    "_atom_site.label_entity_id\n_atom_site.label_seq_id\n_atom_site.auth_seq_id\n"
    "_atom_site.pdbx_PDB_ins_code\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n"
    "_atom_site.occupancy\n_atom_site.B_iso_or_equiv\n_atom_site.auth_asym_id\n"
    "_atom_site.pdbx_PDB_model_num\n";
const std::string kFirstAtoms =
    "HETATM SE SE . MSE A 1 2 11 ? 4 5 6 0.5 12.345 X 1\n"
    "ATOM C CD . ARG A 1 3 11 A 0 0 0 1 1 X 1\n";
const std::string kLastAtoms =
    "HETATM P P A SEP A 1 4 12 ? 1 2 3 0.4 1 X 1\n"
    "HETATM P P B SEP A 1 4 12 ? -1.0005 2 3 0.6 1 X 1\n"
    "ATOM P P . DA B 2 1 1 ? 1 2 3 1 1 Y 1\n"
    "HETATM ZN ZN . ZN C 3 . 90 ? 9 9 9 1 1 X 1\n"
    "HETATM SE SE . MSE A 1 2 11 ? 7 7 7 1 1 X 2\n";

std::string arginine(const std::vector<std::string>& atoms) {
  std::string text;
  for (size_t i = 0; i < atoms.size(); ++i) {
    text += "ATOM N " + atoms[i] + " . ARG A 1 3 11 A " + std::to_string(9 - i) + " 0 0 1 1 X 1\n";
  }
  return text;
}

std::string whole(const std::string& more = "", const std::vector<std::string>& side_chain = {"NH1", "NH2"}) {
  return kHeader + kChains + more + kScheme + kAtomColumns + kFirstAtoms + arginine(side_chain) + kLastAtoms;
}

TEST(PdbEntry, TellsReleaseAndResidues) {
  const PdbEntry entry(whole());
  EXPECT_EQ(entry.release_date(), "1999-12-31");
  EXPECT_EQ(entry.chain("X")->sequence, "GMRS");
  EXPECT_THAT(entry.chain("X")->resolved, ElementsAre(false, true, true, true));
  EXPECT_EQ(entry.chain("Y")->sequence, "AN");
  EXPECT_FALSE(entry.chain("A"));  // the file's own id, not the author's
}

TEST(PdbEntry, TextIsTheChainsAlone) {
  EXPECT_EQ(
      PdbEntry(whole()).chain_mmcif("X"),
      "data_1-ABC\n#\n"
      "_entry.id \"1 ABC\"\n#\n"
      "_entity.id               1\n_entity.pdbx_description \"Some protein\"\n"
      "_entity.type             polymer\n#\n"
      "_entity_poly.entity_id      1\n_entity_poly.pdbx_strand_id X\n"
      "_entity_poly.type           polypeptide(L)\n#\n"
      "loop_\n_entity_poly_seq.entity_id\n_entity_poly_seq.hetero\n_entity_poly_seq.mon_id\n"
      "_entity_poly_seq.num\n1 n GLY 1 \n1 n MET 2 \n1 n ARG 3 \n1 n SEP 4 \n#\n"
      "loop_\n_exptl.method\n\"X-RAY DIFFRACTION\"   \n\"NEUTRON DIFFRACTION\" \n#\n"
      "_pdbx_audit_revision_history.revision_date 1999-12-31\n#\n"
      "_pdbx_database_status.recvd_initial_deposition_date 1999-12-31\n#\n"
      "loop_\n_pdbx_poly_seq_scheme.asym_id\n_pdbx_poly_seq_scheme.auth_seq_num\n"
      "_pdbx_poly_seq_scheme.entity_id\n_pdbx_poly_seq_scheme.hetero\n_pdbx_poly_seq_scheme.mon_id\n"
      "_pdbx_poly_seq_scheme.pdb_ins_code\n_pdbx_poly_seq_scheme.pdb_seq_num\n"
      "_pdbx_poly_seq_scheme.pdb_strand_id\n_pdbx_poly_seq_scheme.seq_id\n"
      "A ?  1 n GLY . 10 X 1 \nA 11 1 n MET . 11 X 2 \nA 11 1 n ARG A 11 X 3 \nA 12 1 n SEP . 12 X 4 \n#\n"
      "_refine.ls_d_res_high 3.46\n#\n"
      "_software.classification other\n_software.name           \"DeepMind Structure Class\"\n"
      "_software.pdbx_ordinal   1\n_software.version        2.0.0\n#\n"
      "_struct_asym.entity_id 1\n_struct_asym.id        A\n#\n"
      "loop_\n_atom_site.group_PDB\n_atom_site.id\n_atom_site.type_symbol\n_atom_site.label_atom_id\n"
      "_atom_site.label_alt_id\n_atom_site.label_comp_id\n_atom_site.label_asym_id\n"
      "_atom_site.label_entity_id\n_atom_site.label_seq_id\n_atom_site.pdbx_PDB_ins_code\n"
      "_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n_atom_site.occupancy\n"
      "_atom_site.B_iso_or_equiv\n_atom_site.auth_seq_id\n_atom_site.auth_asym_id\n"
      "_atom_site.pdbx_PDB_model_num\n"
      "ATOM   1 S SD  . MET A 1 2 ? 4.000  5.000 6.000 0.50 12.35 11 X 1 \n"
      "ATOM   2 C CD  . ARG A 1 3 A 0.000  0.000 0.000 1.00 1.00  11 X 1 \n"
      "ATOM   3 N NH2 . ARG A 1 3 A 9.000  0.000 0.000 1.00 1.00  11 X 1 \n"
      "ATOM   4 N NH1 . ARG A 1 3 A 8.000  0.000 0.000 1.00 1.00  11 X 1 \n"
      "HETATM 5 P P   . SEP A 1 4 ? -1.000 2.000 3.000 0.60 1.00  12 X 1 \n#\n");
}

// The names of the arginine's atoms after its CD, in the file's order.
std::vector<std::string> renamed(const std::vector<std::string>& side_chain) {
  const std::string text = PdbEntry(whole("", side_chain)).chain_mmcif("X");
  std::vector<std::string> names;
  for (size_t at = text.find("\nATOM   3 "); text.compare(at, 5, "\nATOM") == 0;
       at = text.find('\n', at + 1)) {
    const size_t name = text.find("N ", at) + 2;
    names.push_back(text.substr(name, text.find(' ', name) - name));
  }
  return names;
}

TEST(PdbEntry, NamesAnArgininesAtomsByTheirDistance) {
  EXPECT_THAT(renamed({"NH1", "NH2", "HH11", "HH12", "HH21", "HH22"}),
              ElementsAre("NH2", "NH1", "HH21", "HH22", "HH11", "HH12"));
  EXPECT_THAT(renamed({"NH2", "NH1", "HH11"}), ElementsAre("NH2", "NH1", "HH11"));
  EXPECT_THAT(renamed({"NH1", "NH2", "HH11", "HH12"}), ElementsAre("NH2", "NH1", "HH21", "HH22"));
  EXPECT_THAT(renamed({"NH1", "NH2", "HH21", "HH22"}), ElementsAre("NH2", "NH1", "HH11", "HH21"));
  EXPECT_THAT(renamed({"NH1", "HH11"}), ElementsAre("NH1", "HH11"));
}

TEST(PdbEntry, WritesAllComponentsOfTheEntryAndMethionineForItsSelenium) {
  const std::string text =
      PdbEntry(whole("loop_\n_chem_comp.id\n_chem_comp.type\n_chem_comp.name\n"
                     "ZN non-polymer 'ZINC ION'\nMSE 'L-peptide linking' SELENOMETHIONINE\n"))
          .chain_mmcif("X");
  EXPECT_THAT(text,
              HasSubstr("_chem_comp.type\n"
                        "\"C5 H11 N O2 S\" 149.211 MET y METHIONINE       ? \"L-PEPTIDE LINKING\" \n"
                        "?               ?       MSE ? SELENOMETHIONINE ? \"L-peptide linking\" \n"
                        "?               ?       ZN  ? \"ZINC ION\"       ? non-polymer         \n#\n"));
  EXPECT_THAT(text, Not(HasSubstr("pdbx_smiles")));
}

TEST(PdbEntry, WritesAtomsAndBondsOfComponents) {
  const std::string text =
      PdbEntry(
          whole("_chem_comp.id GLY\n_chem_comp.type x\n_chem_comp.pdbx_smiles C\n"
                "loop_\n_chem_comp_atom.comp_id\n_chem_comp_atom.atom_id\n_chem_comp_atom.type_symbol\n"
                "_chem_comp_atom.charge\n_chem_comp_atom.pdbx_model_Cartn_x_ideal\n"
                "_chem_comp_atom.pdbx_model_Cartn_y_ideal\n_chem_comp_atom.pdbx_ordinal\n"
                "GLY N N +1 1.0005 ? 01\nGLY CA C -1 2 1.0005 2\nGLY N N 0 3 ? 3\nALA N N 0 1 1 4\n"
                "_chem_comp_bond.comp_id GLY\n_chem_comp_bond.atom_id_1 N\n_chem_comp_bond.atom_id_2 CA\n"
                "_chem_comp_bond.value_order sing\n"))
          .chain_mmcif("X");
  EXPECT_THAT(text, HasSubstr("_chem_comp.pdbx_smiles    C\n"));
  EXPECT_THAT(text, HasSubstr("_chem_comp_atom.type_symbol\n"
                              "N  0  GLY ? 3.000 ?     ? 3 N \n"
                              "CA -1 GLY ? 2.000 1.000 ? 2 C \n#\n"));
  EXPECT_THAT(text,
              HasSubstr("_chem_comp_bond.comp_id            GLY\n_chem_comp_bond.pdbx_aromatic_flag ?\n"
                        "_chem_comp_bond.pdbx_stereo_config ?\n_chem_comp_bond.value_order        sing\n"));
}

std::string assemblies(const std::string& operation_type) {
  std::string text =
      "loop_\n_pdbx_struct_assembly.id\n_pdbx_struct_assembly.details\n_pdbx_struct_assembly.method_details\n"
      "_pdbx_struct_assembly.oligomeric_details\n_pdbx_struct_assembly.oligomeric_count\n"
      "_pdbx_struct_assembly.extra\n2 a b c 1 kept\n1 a b c 2 too\n"
      "loop_\n_pdbx_struct_assembly_gen.assembly_id\n_pdbx_struct_assembly_gen.oper_expression\n"
      "_pdbx_struct_assembly_gen.asym_id_list\n_pdbx_struct_assembly_gen.extra\n"
      "1 1 A x\n2 1 B x\n1 1 C x\n"
      "_pdbx_struct_oper_list.id 1\n_pdbx_struct_oper_list.name 1_555\n"
      "_pdbx_struct_oper_list.symmetry_operation x,y,z\n" +
      operation_type;
  for (const char i : {'1', '2', '3'}) {
    text += std::string("_pdbx_struct_oper_list.vector[") + i + "] 0.0\n";
    for (const char k : {'1', '2', '3'}) {
      text += std::string("_pdbx_struct_oper_list.matrix[") + i + "][" + k + "] 1.00\n";
    }
  }
  return text;
}

TEST(PdbEntry, WritesAssembliesWhereAllTheirColumnsAreThere) {
  const std::string text =
      PdbEntry(whole(assemblies("_pdbx_struct_oper_list.type 'identity operation'\n"))).chain_mmcif("X");
  EXPECT_THAT(text, HasSubstr("a kept 2 b 1 c \na too  1 b 2 c \n#\n"));
  EXPECT_THAT(text, HasSubstr("_pdbx_struct_assembly_gen.oper_expression\n2 B 1 \n1 A 1 \n1 C 1 \n#\n"));
  EXPECT_THAT(text, HasSubstr("_pdbx_struct_oper_list.matrix[3][3]       1.00\n"));
  EXPECT_THAT(PdbEntry(whole(assemblies(""))).chain_mmcif("X"), Not(HasSubstr("_pdbx_struct")));
}

std::string error_of(const std::string& text) {
  try {
    PdbEntry(text).chain("X");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(PdbEntry, SaysWhatItCannotRead) {
  EXPECT_THAT(error_of("no CIF"), HasSubstr("not CIF"));
  EXPECT_THAT(error_of("data_1ABC\n_entry.id 1ABC\n"), HasSubstr("no release date"));
  EXPECT_THAT(error_of(kHeader + kChains), HasSubstr("_atom_site"));
  std::string text = whole();
  text.replace(text.find("A 2 MSE"), 7, "A 2 MET");
  EXPECT_THAT(error_of(text), HasSubstr("the residue MSE 11 of _atom_site is not in this table"));
}

}  // namespace
}  // namespace pleat::chem
