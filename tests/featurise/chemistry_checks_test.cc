// What chemistry accepts and refuses of an input's contents.
#include "featurise/chemistry_checks.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace pleat::featurise {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const ChemistryChecks& checks() {
  static const ChemistryChecks kChecks(chem::Ccd::embedded());
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

// "place|message" of every problem (or warning), with newlines between them.
std::string listed(const std::vector<Error>& errors) {
  std::string text;
  for (const Error& error : errors) text += (text.empty() ? "" : "\n") + complaint([&] { throw error; });
  return text;
}

Findings msa_findings(const input::Chain& chain, const std::string& a3m, bool for_templates = false) {
  Findings found;
  checks().check_msa(chain, a3m, for_templates, found);
  return found;
}

std::string msa_problems_of(const input::Chain& chain, const std::string& a3m) {
  const Findings found = msa_findings(chain, a3m);
  EXPECT_TRUE(found.warnings.empty());
  return listed(found.problems);
}

input::ProteinChain protein(const std::string& sequence,
                            std::vector<input::Modification> modifications = {}) {
  input::ProteinChain chain;
  chain.id = "A";
  chain.sequence = sequence;
  chain.modifications = std::move(modifications);
  return chain;
}

TEST(ChemistryChecks, HydrogenAloneIsNoLigand) {
  EXPECT_THAT(complaint([] { checks().check_smiles("[H][H]"); }),
              HasSubstr("the molecule consists of hydrogens"));
  EXPECT_EQ(complaint([] { checks().check_smiles("[H]O[H]"); }), "");
}

TEST(ChemistryChecks, AWrongFirstRowIsToldHowItsResiduesRead) {
  const input::ProteinChain chain = protein("GMTEYDLVVVG", {{"ATP", 6}, {"SEP", 3}});
  EXPECT_THAT(msa_problems_of(chain, ">q\nGMTEYDLVVVG\n"),
              HasSubstr("SEP at position 3 reads as S, ATP at position 6 reads as X."));
}

TEST(ChemistryChecks, AnAlignmentOfAShortChainHasNoEffect) {
  const Findings found = msa_findings(protein("MKST"), ">q\nMKST\n>r\nMKSS\n");
  EXPECT_EQ(listed(found.problems), "");
  EXPECT_THAT(listed(found.warnings), HasSubstr("the chain has fewer than 5 residues"));
}

TEST(ChemistryChecks, Components) {
  EXPECT_EQ(complaint([] { checks().check_component("ATP"); }), "");
  const std::string unknown = complaint([] { checks().check_component("NOPE"); });
  EXPECT_THAT(unknown, HasSubstr("|the chemical component NOPE is not in the dictionary"));
  EXPECT_THAT(unknown, HasSubstr("pleat ccd build"));
  EXPECT_THAT(complaint([] { checks().check_component("atp"); }), HasSubstr("Write 'ATP' instead."));
  EXPECT_THAT(complaint([] { checks().check_component("CCD_ATP"); }), HasSubstr("Write 'ATP' instead."));
}

TEST(ChemistryChecks, SmilesAreRefusedWithTheReason) {
  EXPECT_EQ(complaint([] { checks().check_smiles("CC(=O)Oc1ccccc1C(=O)O"); }), "");
  EXPECT_THAT(complaint([] { checks().check_smiles("CC(C"); }), HasSubstr("extra open parentheses"));
  EXPECT_THAT(complaint([] { checks().check_smiles("C1CC"); }), HasSubstr("unclosed ring"));
  EXPECT_THAT(complaint([] { checks().check_smiles("C(C)(C)(C)(C)C"); }), HasSubstr("valence"));
  EXPECT_THAT(complaint([] { checks().check_smiles("nonsense"); }), HasSubstr("SMILES Parse Error"));
  EXPECT_THAT(complaint([] { checks().check_smiles("O~O"); }), HasSubstr("bond"));
  // Names are an element and a count, of hydrogens too: H1000 is too long.
  const auto alkane = [](size_t carbons) { return std::string(carbons, 'C'); };
  EXPECT_EQ(complaint([&] { checks().check_smiles(alkane(498)); }), "");
  EXPECT_THAT(complaint([&] { checks().check_smiles(alkane(499)); }), HasSubstr("one is named H1000"));
}

TEST(ChemistryChecks, AtomsAreThoseOfTheResiduesComponent) {
  const input::ProteinChain chain = protein("MKS", {{"SEP", 3}});
  EXPECT_EQ(complaint([&] { checks().check_atom(chain, 2, "NZ"); }), "");
  EXPECT_EQ(complaint([&] { checks().check_atom(chain, 3, "O1P"); }), "");
  EXPECT_THAT(complaint([&] { checks().check_atom(chain, 2, "SG"); }),
              HasSubstr("LYS has no atom SG. Its atoms are C CA CB"));
  input::DnaChain dna;
  dna.sequence = "ACGT";
  EXPECT_EQ(complaint([&] { checks().check_atom(dna, 4, "C7"); }), "");
  EXPECT_THAT(complaint([&] { checks().check_atom(dna, 1, "O2'"); }), HasSubstr("DA has no atom O2'"));
  input::Ligand ligand;
  ligand.ccd_codes = {"NAG", "NOPE"};
  EXPECT_EQ(complaint([&] { checks().check_atom(ligand, 1, "O4"); }), "");
  EXPECT_EQ(complaint([&] { checks().check_atom(ligand, 2, "O4"); }), "") << "left to check_component";
}

TEST(ChemistryChecks, AlignmentsStartWithTheQuery) {
  const input::ProteinChain chain = protein("MKSTYQ", {{"SEP", 3}});
  EXPECT_EQ(msa_problems_of(chain, ""), "");
  EXPECT_EQ(msa_problems_of(chain, ">q\nMKSTYQ\n>h\nM-STaaYQ\n"), "");
  EXPECT_EQ(
      msa_problems_of(chain, ">q\nMKSTYA\n>h\nMK\n"),
      "row 1 (>q)|the first row is MKSTYA, not the chain's sequence MKSTYQ; the two differ from column 6 on. "
      "Put the chain's own sequence first.")
      << "the other rows are held against the first";
  EXPECT_THAT(msa_problems_of(chain, ">q\nMKSTYQ\n>h\nMK\n"), HasSubstr("row 2 (>h)|the row has 2 columns"));
  EXPECT_THAT(msa_problems_of(chain, ">q\nMKSTYQ\n>h\nMK*TYQ\n"), HasSubstr("'*' at position 3"));
  const std::string sequence(3000, 'A');
  EXPECT_LT(msa_problems_of(protein(sequence), ">q\n" + sequence + "A\n").size(), 400u);
  // Chains that are too short for an alignment are predicted without one.
  EXPECT_EQ(msa_problems_of(protein("MKS"), ">q\nAAA\n"), "");
}

TEST(ChemistryChecks, EveryBadRowOfAnAlignmentIsToldUpToTen) {
  std::string a3m = ">q\nMKSTYQ\n>bad\nMK\n>good\nMKSTYQ\n>worse\nMK*TYQ\n";
  const std::string two = msa_problems_of(protein("MKSTYQ"), a3m);
  EXPECT_THAT(two, HasSubstr("row 2 (>bad)"));
  EXPECT_THAT(two, HasSubstr("row 4 (>worse)"));
  EXPECT_THAT(two, Not(HasSubstr("row 3")));
  for (int row = 0; row < 20; ++row) a3m += ">more\nM\n";
  const Findings many = msa_findings(protein("MKSTYQ"), a3m);
  ASSERT_EQ(many.problems.size(), 11u);
  EXPECT_STREQ(many.problems.back().what(), "... and 12 more rows");
}

// UNL has no atoms, so no token, so no column.
TEST(ChemistryChecks, AlignmentsLeaveOutResiduesWithoutAtoms) {
  const input::ProteinChain chain = protein("MKSTYQ", {{"UNL", 2}});
  EXPECT_EQ(msa_problems_of(chain, ">q\nMSTYQ\n"), "");
  EXPECT_THAT(msa_problems_of(chain, ">q\nMXSTYQ\n"), HasSubstr("not the chain's sequence MSTYQ"));
  EXPECT_EQ(msa_problems_of(protein("MKSTY", {{"UNL", 2}}), ">q\nM\n"), "") << "too short to be aligned";
}

// A chain without a sequence is one that could not be read.
TEST(ChemistryChecks, UnreadResiduesHideNoOtherProblems) {
  EXPECT_EQ(msa_problems_of(protein(""), ">q\nMKSTYQ\n>h\nM-STaaYQ\n"), "");
  EXPECT_THAT(msa_problems_of(protein(""), ">q\nMKSTYQ\n>h\nMK\n"),
              HasSubstr("row 2 (>h)|the row has 2 columns"));
  EXPECT_THAT(complaint([] { checks().check_template(protein(""), "data_x\n_a.b c\n"); }),
              HasSubstr("no release date"));
  EXPECT_EQ(checks().paired_sequence(protein("")), "");
  const input::ProteinChain refused = protein("MKSTYQ", {{"NOPE", 2}});
  EXPECT_THAT(msa_problems_of(refused, ">q\nMASTYQ\n>h\nMK\n"),
              HasSubstr("row 2 (>h)|the row has 2 columns"));
}

// What featurise doesn't read is not judged.
TEST(ChemistryChecks, ChainsThatAreNotPredictedNeedNoAlignmentsOrTemplates) {
  EXPECT_EQ(msa_problems_of(protein("XXXXXX"), ">q\nM\n"), "");
  EXPECT_EQ(checks().check_template(protein("XXXXXX"), "no cif"), std::nullopt);
  EXPECT_EQ(checks().paired_sequence(protein("XXXXXX")), std::nullopt);
}

TEST(ChemistryChecks, ProteinsToPairAreToldApartByTheirResidues) {
  EXPECT_EQ(checks().paired_sequence(protein("MKSTY", {{"SEP", 3}})), "MKSTY");
  EXPECT_EQ(checks().paired_sequence(protein("MKSTY", {{"UNK", 3}})),
            checks().paired_sequence(protein("MKXTY")));
  EXPECT_EQ(checks().paired_sequence(protein("MKSTY", {{"UNL", 3}})), "MKTY");
}

// AlphaFold 3 takes text without a header for no rows at all, and fails where it needs one to search with.
TEST(ChemistryChecks, AlignmentsWithoutRows) {
  for (const std::string a3m : {"MKSTYQ\n", "\n"}) {
    const Findings unused = msa_findings(protein("MKSTYQ"), a3m);
    EXPECT_TRUE(unused.problems.empty());
    EXPECT_THAT(listed(unused.warnings), HasSubstr("|the alignment has no row: no line starts with '>'"));
    const Findings searched = msa_findings(protein("MKSTYQ"), a3m, true);
    EXPECT_TRUE(searched.warnings.empty());
    EXPECT_THAT(listed(searched.problems), HasSubstr("|the alignment has no row: no line starts with '>'"));
  }
}

TEST(ChemistryChecks, TemplatesAreReadable) {
  const input::ProteinChain chain = protein("MKSTYQ");
  EXPECT_THAT(complaint([&] { checks().check_template(chain, "no cif"); }), HasSubstr("|"));
  EXPECT_THAT(complaint([&] { checks().check_template(chain, "data_x\n_a.b c\n"); }),
              HasSubstr("no release date"));
  // Short chains' templates are not read; but a modified residue has a token for each atom.
  EXPECT_EQ(checks().check_template(protein("MKS"), "no cif"), std::nullopt);
  EXPECT_NE(complaint([&] { checks().check_template(protein("MKS", {{"SEP", 3}}), "no cif"); }), "");
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
  EXPECT_EQ(checks().check_template(chain, cif), 2u);
}

std::string user_problems(const std::string& cif) {
  Findings found;
  checks().with_user_ccd(cif, found);
  return listed(found.problems);
}

// A component of these rows of atoms and bonds.
std::string user_component(const std::string& id, const std::string& atoms, const std::string& bonds) {
  return "data_" + id + "\n_chem_comp.id " + id +
         "\n_chem_comp.name x\n_chem_comp.type non-polymer\n_chem_comp.formula ?\n"
         "_chem_comp.mon_nstd_parent_comp_id ?\n_chem_comp.pdbx_synonyms ?\n_chem_comp.formula_weight ?\n"
         "loop_\n_chem_comp_atom.comp_id\n_chem_comp_atom.atom_id\n_chem_comp_atom.type_symbol\n"
         "_chem_comp_atom.charge\n_chem_comp_atom.pdbx_model_Cartn_x_ideal\n"
         "_chem_comp_atom.pdbx_model_Cartn_y_ideal\n_chem_comp_atom.pdbx_model_Cartn_z_ideal\n" +
         atoms +
         "loop_\n_chem_comp_bond.atom_id_1\n_chem_comp_bond.atom_id_2\n_chem_comp_bond.value_order\n"
         "_chem_comp_bond.pdbx_aromatic_flag\n" +
         bonds;
}

TEST(ChemistryChecks, UserComponentsCount) {
  EXPECT_THAT(user_problems("loop_"), HasSubstr("does not start with data_"));
  EXPECT_THAT(user_problems("data_MY\n_chem_comp.id MY\n"), HasSubstr("lacks _chem_comp.name"));
  EXPECT_THAT(user_problems("data_MY\n_a.b 'open\n"), HasSubstr("data_MY|"));
  Findings found;
  const auto own = checks().with_user_ccd(
      user_component("MY1", "MY1 C1 C +1 0 0 0\nMY1 C2 C 0 1 0 0\n", "C1 C2 SING N\n"), found);
  EXPECT_EQ(listed(found.problems) + listed(found.warnings), "");
  EXPECT_EQ(complaint([&] { own->check_component("MY1"); }), "");
  EXPECT_EQ(complaint([&] { own->check_component("ATP"); }), "");
  EXPECT_NE(complaint([] { checks().check_component("MY1"); }), "");
}

// Every problem is reported once: references to the component are not refused again.
TEST(ChemistryChecks, EveryProblemOfUserComponentsIsToldOnce) {
  const std::string good = user_component("OWN", "OWN C1 C 0 0 0 0\nOWN C2 C 0 1 0 0\n", "C1 C2 SING N\n");
  const std::string bad = user_component("BAD",
                                         "BAD C1 C 1.5 0 0 0\nBAD C1 C . 1 0 0\nBAD CARB2 C 0 2 0 0\n"
                                         "BAD O1 O ? 3 0 0\n",
                                         "C1 O1 SING N\nC1 O9 SING N\n");
  const std::string broken = user_component("WOE", "WOE C1 C 0 0 0 1,5\n", "C1 C1 SING N\n");
  Findings found;
  const auto own = checks().with_user_ccd(good + bad + broken, found);
  EXPECT_EQ(listed(found.problems),
            "data_BAD|the charge of atom C1 is '1.5'. Give an integer, or '?' for unknown.\n"
            "data_BAD|the atom name C1 occurs twice. Give every atom its own name.\n"
            "data_BAD|the charge of atom C1 is '.'. Give an integer, or '?' for unknown.\n"
            "data_BAD|the atom name 'CARB2' has 5 characters. Use 1 to 4 characters; the network reads no "
            "longer names.\n"
            "data_BAD|_chem_comp_bond names the atom O9, which _chem_comp_atom lacks. The component's atoms "
            "are C1, CARB2, "
            "O1.\n"
            "data_WOE|pdbx_model_Cartn_z_ideal of atom C1: the coordinate '1,5' is not a number. ");
  input::Ligand ligand;
  ligand.ccd_codes = {"BAD", "OWN"};
  for (const std::string code : {"BAD", "WOE", "OWN"})
    EXPECT_EQ(complaint([&] { own->check_component(code); }), "") << code;
  EXPECT_EQ(complaint([&] { own->check_atom(ligand, 1, "O9"); }), "");
  EXPECT_NE(complaint([&] { own->check_atom(ligand, 2, "O9"); }), "");
  EXPECT_NE(complaint([&] { own->check_component("NOPE"); }), "");
  // Who knows what a text that is no CIF was meant to define?
  EXPECT_EQ(complaint([&] { checks().with_user_ccd("no CIF", found)->check_component("NOPE"); }), "");
}

// AlphaFold 3 takes these, though it can't make a conformer of them.
TEST(ChemistryChecks, UserComponentsWithoutConformersAreWarnedOf) {
  const auto warning = [](const std::string& atoms, const std::string& bonds) {
    Findings found;
    checks().with_user_ccd(user_component("MY", atoms, bonds), found);
    EXPECT_EQ(listed(found.problems), "");
    return listed(found.warnings);
  };
  const std::string two = warning("MY C1 C ? 0 0 0\nMY C2 Qq 0 0 0 0\n", "C1 C2 AROM N\n");
  EXPECT_THAT(
      two, HasSubstr("data_MY|RDKit cannot build the molecule: the charge of atom C1 is '?'; the element of "
                     "atom C2 is 'Qq'; the order of the bond C1-C2 is 'AROM' (not SING, DOUB or TRIP)"));
  EXPECT_THAT(two, HasSubstr("pleat will use the ideal coordinates"));
  EXPECT_THAT(warning("MY C1 C 0 0 0 ?\nMY C2 C 0 0 0 0\n", "C1 C2 SING ?\n"),
              HasSubstr("atom C1 has no ideal coordinates; the aromatic flag of the bond C1-C2 is '?'"));
  std::string many;
  for (int i = 1; i <= 9; ++i) many += "MY C" + std::to_string(i) + " C 0 ? ? ?\n";
  EXPECT_THAT(warning(many, "C1 C2 SING N\n"),
              HasSubstr("atom C5 has no ideal coordinates; and 4 more. pleat will"));
  Findings named;
  checks().with_user_ccd(
      "data_comp_" + user_component("MY", "MY C1 C 0 0 0 0\nMY C2 C 0 1 0 0\n", "C1 C2 SING N\n").substr(5),
      named);
  EXPECT_EQ(listed(named.warnings),
            "data_comp_MY|the component's code is comp_MY, from the line data_comp_MY, not MY, its "
            "_chem_comp.id. ");
  EXPECT_THAT(warning("MY F1 F 0 0 0 0\nMY F2 F 0 1 0 0\nMY F3 F 0 2 0 0\n", "F1 F2 SING N\nF2 F3 SING N\n"),
              HasSubstr("valence"));
}

}  // namespace
}  // namespace pleat::featurise
