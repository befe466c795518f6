// Template structures: every rule on a small text, and the coordinates that the reference read from whole
// ones.
#include "chem/template_structure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "chem/alt_loc.h"
#include "tests/support.h"

namespace pleat::chem {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kName = "data_1ABC\n_entry.id 1ABC\n";
const std::string kDate = "loop_\n_pdbx_audit_revision_history.revision_date\n2020-02-03\n1999-12-31\n";
const std::string kChains =
    "loop_\n_struct_asym.id\n_struct_asym.entity_id\nA 1\nB 2\n"
    "loop_\n_entity.id\n_entity.type\n1 polymer\n2 non-polymer\n"
    "_entity_poly.entity_id 1\n_entity_poly.type polypeptide(L)\n";
const std::string kScheme =
    "loop_\n_pdbx_poly_seq_scheme.asym_id\n_pdbx_poly_seq_scheme.seq_id\n_pdbx_poly_seq_scheme.mon_id\n"
    "_pdbx_poly_seq_scheme.pdb_seq_num\n_pdbx_poly_seq_scheme.pdb_ins_code\n"
    "A 1 GLY 10 .\nA 2 MSE 11 .\nA 3 ARG 11 A\nA 4 SER 12 .\n";
const std::string kAtomColumns =
    "loop_\n_atom_site.group_PDB\n_atom_site.label_atom_id\n_atom_site.label_alt_id\n_atom_site.label_comp_"
    "id\n"
    "_atom_site.label_asym_id\n_atom_site.label_entity_id\n_atom_site.label_seq_id\n_atom_site.auth_seq_id\n"
    "_atom_site.pdbx_PDB_ins_code\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n"
    "_atom_site.occupancy\n_atom_site.pdbx_PDB_model_num\n";
const std::string kAtoms =
    "ATOM CA . GLY A 1 1 10 ? 1 2 3 1 1\n"
    "HETATM SE . MSE A 1 2 11 ? 4 5 6 1 1\n"
    "ATOM CD . ARG A 1 3 11 A 0 0 0 1 1\n"
    "ATOM NH1 . ARG A 1 3 11 A 3 0 0 1 1\n"
    "ATOM NH2 . ARG A 1 3 11 A 2 0 0 1 1\n"
    "HETATM ZN . ZN B 2 . 90 ? 9 9 9 1 1\n"
    "ATOM CA . GLY A 1 1 10 ? 7 7 7 1 2\n";

std::string whole(const std::string& atoms = kAtoms) {
  return kName + kDate + kChains + kScheme + kAtomColumns + atoms;
}

std::vector<std::string> names(const TemplateStructure& structure) {
  std::vector<std::string> out;
  for (const auto& residue : structure.residues) out.push_back(residue.name);
  return out;
}

std::string error_of(const std::string& text) {
  try {
    read_template(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Template, ReadsThePolymer) {
  const auto structure = read_template(whole());
  EXPECT_EQ(structure.release_date, "1999-12-31") << "the oldest revision";
  EXPECT_THAT(names(structure), ElementsAre("GLY", "MET", "ARG", "SER"));
  EXPECT_EQ(structure.residues[0].atoms[0].position, (std::array{1.f, 2.f, 3.f})) << "of the first model";
  EXPECT_EQ(structure.residues[1].atoms[0].name, "SD");
  EXPECT_TRUE(structure.residues[3].atoms.empty()) << "unresolved";
}

TEST(Template, NamesTheNearerArginineNitrogenFirst) {
  const auto structure = read_template(whole());
  const auto& atoms = structure.residues[2].atoms;
  ASSERT_EQ(atoms.size(), 3u);
  EXPECT_EQ(atoms[1].name, "NH2");
  EXPECT_EQ(atoms[2].name, "NH1");
  EXPECT_EQ(atoms[2].position[0], 2.f);
}

TEST(Template, WithoutSchemeTheEntitySequenceCounts) {
  const std::string sequence =
      "loop_\n_entity_poly_seq.entity_id\n_entity_poly_seq.num\n_entity_poly_seq.mon_id\n"
      "1 1 GLY\n1 2 MSE\n1 3 ARG\n1 4 SER\n1 5 THR\n";
  const auto structure = read_template(kName + kDate + kChains + sequence + kAtomColumns + kAtoms);
  EXPECT_THAT(names(structure), ElementsAre("GLY", "MET", "ARG", "SER", "THR"));
  EXPECT_EQ(structure.residues[2].atoms.size(), 3u);
}

TEST(Template, WithoutAnyTableTheAtomsCount) {
  const auto structure = read_template(kName + kDate + kAtomColumns + kAtoms);
  EXPECT_THAT(names(structure), ElementsAre("GLY", "MET", "ARG"));
}

TEST(Template, DropsResidueNamesThatLost) {
  const std::string scheme = kScheme + "A 5 SER 13 .\nA 5 THR 13 .\n";
  const std::string atoms =
      "ATOM CA A SER A 1 5 13 ? 1 0 0 0.4 1\n"
      "ATOM CA B THR A 1 5 13 ? 2 0 0 0.6 1\n";
  const auto structure = read_template(kName + kDate + kChains + scheme + kAtomColumns + atoms);
  EXPECT_THAT(names(structure), ElementsAre("GLY", "MET", "ARG", "SER", "THR"));
  EXPECT_EQ(structure.residues[4].atoms[0].position[0], 2.f);
}

TEST(Template, ErrorsSayWhere) {
  EXPECT_THAT(error_of(""), HasSubstr("template"));
  EXPECT_THAT(error_of("loop_ nonsense"), HasSubstr("not CIF"));
  EXPECT_THAT(error_of(kName + kChains + kScheme + kAtomColumns + kAtoms),
              HasSubstr("data_1ABC: _pdbx_audit_revision_history: the entry has no release date"));
  EXPECT_THAT(error_of(kName + "_pdbx_audit_revision_history.revision_date 2020-13-01\n"),
              HasSubstr("2020-13-01"));
  EXPECT_THAT(error_of(kName + kDate), HasSubstr("data_1ABC: _atom_site"));
  EXPECT_THAT(error_of("data_\n_entry.id ''\n" + kDate + kAtomColumns + kAtoms),
              HasSubstr("the entry has no name"));
  EXPECT_THAT(error_of(whole("ATOM CA . GLY A 1 1 10 ? 1 2 x 1 1\n")), HasSubstr("'x'"));
  EXPECT_THAT(error_of(whole("ATOM CA . GLY A 1 9 99 ? 1 2 3 1 1\n")), HasSubstr("GLY 99"));
}

TEST(Template, NeedsExactlyOnePolymerChain) {
  EXPECT_THAT(error_of(kName + kDate + kAtomColumns + kAtoms + "ATOM CA . GLY C 3 1 10 ? 1 2 3 1 1\n"),
              HasSubstr("no error"))
      << "an atom of another model does not count";
  EXPECT_THAT(error_of(kName + kDate + kAtomColumns + "ATOM CA . GLY C 3 1 10 ? 1 2 3 1 1\n" + kAtoms),
              HasSubstr("atoms of 2 polymer chains"));
  EXPECT_THAT(error_of(kName + kDate + kAtomColumns + "HETATM ZN . ZN B 2 . 90 ? 9 9 9 1 1\n"),
              HasSubstr("atoms of 0 polymer chains"));
}

TEST(Template, AChainWithoutAtomsDoesNotCount) {
  const std::string chains =
      "loop_\n_struct_asym.id\n_struct_asym.entity_id\nA 1\nB 2\nC 3\n"
      "loop_\n_entity.id\n_entity.type\n1 polymer\n2 non-polymer\n3 polymer\n"
      "loop_\n_entity_poly.entity_id\n_entity_poly.type\n1 polypeptide(L)\n3 polypeptide(L)\n";
  const std::string deleted = "C 1 GLY 1 .\nC 2 GLY 2 .\n";
  const auto structure = read_template(kName + kDate + chains + kScheme + deleted + kAtomColumns + kAtoms);
  EXPECT_THAT(names(structure), ElementsAre("GLY", "MET", "ARG", "SER"));
}

std::string letters(const std::string& type) {
  const std::string chains =
      "_struct_asym.id A\n_struct_asym.entity_id 1\n_entity.id 1\n_entity.type polymer\n"
      "_entity_poly.entity_id 1\n_entity_poly.type " +
      type + "\n";
  const std::string scheme = kScheme + "A 5 DA 13 .\nA 6 U 14 .\nA 7 ZZZ9 15 .\n";
  std::string result;
  for (const auto& residue :
       read_template(kName + kDate + chains + scheme + kAtomColumns + "ATOM CA . GLY A 1 1 10 ? 1 2 3 1 1\n")
           .residues) {
    result += residue.letter;
  }
  return result;
}

// Every type that _entity_poly knows: G, M, R, S, an adenosine, a uridine and one that no table has.
TEST(Template, LettersFollowTheTypeOfTheChain) {
  for (const char* type :
       {"polypeptide(L)", "polypeptide(D)", "'peptide nucleic acid'", "cyclic-pseudo-peptide"})
    EXPECT_EQ(letters(type), "GMRSAUX") << type;
  for (const char* type : {"polyribonucleotide", "polydeoxyribonucleotide",
                           "'polydeoxyribonucleotide/polyribonucleotide hybrid'"})
    EXPECT_EQ(letters(type), "GMRSAUN") << type;
  EXPECT_EQ(letters("other"), "XXXXXXX");
}

TEST(Template, BothSpellingsOfNoNumberAreOne) {
  const auto atoms = [](const std::string& number) {
    return "ATOM CA . GLY A 1 " + number + " 10 ? 1 2 3 1 1\nATOM CA . SER A 1 " + number +
           " 12 ? 4 5 6 1 1\n";
  };
  const std::string sequence =
      "loop_\n_entity_poly_seq.entity_id\n_entity_poly_seq.num\n_entity_poly_seq.mon_id\n1 1 GLY\n1 2 SER\n";
  for (const std::string number : {".", "?"}) {
    EXPECT_THAT(names(read_template(kName + kDate + kAtomColumns + atoms(number))), ElementsAre("GLY", "SER"))
        << "residues as the atoms have them";
    EXPECT_THAT(names(read_template(whole(atoms(number)))), ElementsAre("GLY", "MET", "ARG", "SER"))
        << "by the author's numbers of the table";
    EXPECT_THAT(
        error_of(kName + kDate + kChains + sequence + kAtomColumns + atoms(number)),
        HasSubstr(
            "_entity_poly_seq: the residue GLY 10 of _atom_site is not in this table: its label_seq_id is " +
            number));
  }
}

TEST(Template, BareValuesNeedNotBeAscii) {
  const std::string extra = "_citation.title \u03b2-lactam\n_citation.author it's_M\u00fcller' # \u00e9\n";
  const std::string text_field = "_citation.text\n;\n\u03b2 in a text\n;\n";
  EXPECT_THAT(names(read_template("\xEF\xBB\xBF" + whole() + "#\n" + extra + text_field)),
              ElementsAre("GLY", "MET", "ARG", "SER"));
  const std::string named = kAtomColumns + "ATOM CA . \u03b2GY A 1 1 10 ? 1 2 3 1 1\n";
  EXPECT_THAT(names(read_template(kName + kDate + named + "ATOM CA . GLY A 1 2 11 ? 1 2 3 1 1\n")),
              ElementsAre("\u03b2GY", "GLY"));
}

// Random changes of valid text: a result or an Error, nothing else.
TEST(Template, SurvivesRandomChanges) {
  std::mt19937 random(2);
  const std::string characters = "\n '\";_#$?.dlA1\t\r\0\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string text = whole();
    for (unsigned changes = 1 + random() % 4; changes > 0 && !text.empty(); --changes) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = characters[random() % characters.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 40);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
      }
    }
    error_of(text);
  }
}

// tests/golden/chem/templates.tsv holds backbone atoms of the template features of the reference.
TEST(Template, HasTheReferencesCoordinates) {
  std::istringstream lines(read_file(test::kGolden / "chem/templates.tsv"));
  std::string line, test_case, residue, atom;
  std::getline(lines, line);
  std::map<std::string, nlohmann::json> inputs;
  std::map<std::pair<std::string, size_t>, TemplateStructure> structures;
  size_t index = 0;
  int query = 0, count = 0;
  std::array<float, 3> position{};
  while (lines >> test_case >> index >> query >> residue >> atom >> position[0] >> position[1] >>
         position[2]) {
    auto& input = inputs[test_case];
    if (input.is_null())
      input = nlohmann::json::parse(read_file(test::kGolden / "jobs" / test_case / "input.json"));
    const auto& given = input["sequences"][0]["protein"]["templates"][index];
    auto& structure = structures[{test_case, index}];
    if (structure.residues.empty()) structure = read_template(given["mmcif"].get<std::string>());
    const auto& queries = given["queryIndices"];
    const auto row = std::find(queries.begin(), queries.end(), query) - queries.begin();
    const auto& found = structure.residues.at(given["templateIndices"].at(row).get<size_t>());
    EXPECT_EQ(found.name, residue);
    const auto same = [&](const TemplateAtom& a) { return a.name == atom; };
    const auto it = std::find_if(found.atoms.begin(), found.atoms.end(), same);
    ASSERT_NE(it, found.atoms.end()) << test_case << " " << index << " " << query << " " << atom;
    for (int axis = 0; axis < 3; ++axis) EXPECT_FLOAT_EQ(it->position[axis], position[axis]);
    ++count;
  }
  EXPECT_EQ(count, 576);
}

// Entries of the PDB itself, with waters, several models or alternate locations.
TEST(Template, ReadsWholeEntries) {
  for (const char* entry : {"5y2e", "6s61", "6ydw", "7rye"}) {
    const fs::path file = test::kGolden / "databases/pdb_mmcif" / (std::string(entry) + ".cif");
    const auto structure = read_template(read_file(file));
    EXPECT_GT(structure.residues.size(), 10u) << entry;
  }
}

AltLocAtom alt_atom(const char* residue, const char* name, char alt, float occupancy) {
  return {residue, name, alt, occupancy};
}

TEST(AltLoc, PartialKeepsTheMostOccupied) {
  EXPECT_THAT(resolve_alt_locs({alt_atom("SER", "N", '.', 1), alt_atom("SER", "CB", 'A', 0.3f),
                                alt_atom("SER", "CB", 'B', 0.7f), alt_atom("SER", "OG", 'B', 0.5f),
                                alt_atom("SER", "OG", 'A', 0.5f), alt_atom("SER", "C", '?', 1)}),
              ElementsAre(0, 2, 4, 5));
}

TEST(AltLoc, WholeKeepsOneLocation) {
  // By mean occupancy, so B; C has no B and keeps its first.
  EXPECT_THAT(resolve_alt_locs({alt_atom("SER", "N", 'A', 0.4f), alt_atom("SER", "N", 'B', 0.6f),
                                alt_atom("SER", "CB", 'A', 0.9f), alt_atom("SER", "CB", 'B', 0.8f),
                                alt_atom("SER", "C", 'A', 0.1f)}),
              ElementsAre(1, 3, 4));
  EXPECT_THAT(resolve_alt_locs({alt_atom("SER", "N", 'B', 0.5f), alt_atom("SER", "N", 'A', 0.5f)}),
              ElementsAre(1))
      << "a tie goes to the smaller character";
}

TEST(AltLoc, WholeChoosesTheResidueBySumOfMeans) {
  // SER: A 0.3 + B 0.3 = 0.6 beats THR: C 0.4, although C is the best single location.
  EXPECT_THAT(resolve_alt_locs({alt_atom("SER", "N", 'A', 0.3f), alt_atom("SER", "N", 'B', 0.3f),
                                alt_atom("THR", "N", 'C', 0.4f)}),
              ElementsAre(0));
  EXPECT_THAT(resolve_alt_locs({alt_atom("SER", "N", 'B', 0.5f), alt_atom("THR", "N", 'A', 0.5f)}),
              ElementsAre(1));
}

TEST(AltLoc, HydrogenAndDeuteriumAreTheSameAtom) {
  EXPECT_THAT(resolve_alt_locs({alt_atom("SER", "N", '.', 1), alt_atom("SER", "HA", 'A', 0.4f),
                                alt_atom("SER", "DA", 'B', 0.6f)}),
              ElementsAre(0, 2));
}

TEST(AltLoc, NoAtomsKeepNone) { EXPECT_TRUE(resolve_alt_locs({}).empty()); }

}  // namespace
}  // namespace pleat::chem
