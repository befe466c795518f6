// The dictionaries: reading CIF, the compact file, a user's additions.
#include "chem/ccd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "tests/support.h"

namespace pleat::chem {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A component with every column that a user's dictionary needs; WAT-like, two atoms, one bond.
const char kUserComponent[] = R"(data_MINE
_chem_comp.id MINE
_chem_comp.name 'a thing'
_chem_comp.type non-polymer
_chem_comp.formula "C O"
_chem_comp.mon_nstd_parent_comp_id ?
_chem_comp.pdbx_synonyms ?
_chem_comp.formula_weight 28.010
loop_
_chem_comp_atom.comp_id
_chem_comp_atom.atom_id
_chem_comp_atom.type_symbol
_chem_comp_atom.charge
_chem_comp_atom.pdbx_model_Cartn_x_ideal
_chem_comp_atom.pdbx_model_Cartn_y_ideal
_chem_comp_atom.pdbx_model_Cartn_z_ideal
MINE C1 C -1 0.000 1.500 -2.250
MINE "O1'" O ? ? ? ?
loop_
_chem_comp_bond.comp_id
_chem_comp_bond.atom_id_1
_chem_comp_bond.atom_id_2
_chem_comp_bond.value_order
_chem_comp_bond.pdbx_aromatic_flag
MINE C1 "O1'" TRIP N
)";

std::string without_line(std::string text, const std::string& line_start) {
  const size_t begin = text.find(line_start);
  return text.erase(begin, text.find('\n', begin) + 1 - begin);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class TemporaryFolder {
 public:
  TemporaryFolder() : path(fs::temp_directory_path() / ("pleat_chem_" + std::to_string(::getpid()))) {
    fs::create_directories(path);
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  const fs::path path;
};

TEST(Ccd, EmbeddedHoldsTheSubset) {
  const auto ccd = Ccd::embedded();
  const auto codes = ccd->codes();
  EXPECT_EQ(codes.size(), 2285u);
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
  const Component* alanine = ccd->find("ALA");
  ASSERT_NE(alanine, nullptr);
  EXPECT_EQ(alanine->id, "ALA");
  EXPECT_EQ(alanine->name, "ALANINE");
  EXPECT_EQ(alanine->type, "L-PEPTIDE LINKING");
  EXPECT_EQ(alanine->formula, "C3 H7 N O2");
  EXPECT_EQ(alanine->formula_weight, "89.093");
  EXPECT_EQ(alanine->synonyms, "?");
  EXPECT_EQ(alanine->parent, "?");
  EXPECT_EQ(alanine->atoms.size(), 13u);
  EXPECT_EQ(alanine->atoms[0].name, "N");
  EXPECT_EQ(alanine->atoms[1].name, "CA");
  EXPECT_EQ(alanine->bonds.size(), 12u);
  EXPECT_EQ(ccd->find("MSE")->parent, "MET");
  EXPECT_EQ(ccd->find("ala"), nullptr);
  EXPECT_EQ(ccd->find(""), nullptr);
  EXPECT_EQ(ccd->find("ZZZZZZ"), nullptr);
}

// https://github.com/google-deepmind/alphafold/blob/main/server/README.md
TEST(Ccd, EmbeddedHoldsWhatAlphaFoldServerOffers) {
  std::istringstream codes(
      "SEP TPO PTR NEP HIP ALY MLY M3L MLZ 2MR AGM MCS HYP HY3 LYZ AHB P1L SNN SNC TRF KCR CIR YHA "
      "5CM C34 5HC 6OG 6MA 1CC 8OG 5FC 3DR PSU 5MC OMC 4OC 5MU OMU UR3 A2M MA6 6MZ 2MG OMG 7MG RSQ "
      "ADP ATP AMP GTP GDP FAD NAD NAP NDP HEM HEC PLM OLA MYR CIT CLA CHL BCL BCB "
      "MG ZN CL CA NA MN K FE CU CO");
  int count = 0;
  for (std::string code; codes >> code; ++count) EXPECT_NE(Ccd::embedded()->find(code), nullptr) << code;
  EXPECT_EQ(count, 75);
}

// The codes of a file; lines that begin with '#' are comments.
std::vector<std::string> codes_in(const fs::path& file) {
  std::istringstream lines(read_file(test::source_dir() / file));
  std::vector<std::string> listed;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    std::istringstream codes(line);
    for (std::string code; codes >> code;) listed.push_back(code);
  }
  return listed;
}

// The list of codes and the file that is made of it go together.
TEST(Ccd, EmbeddedHoldsTheListedCodes) {
  EXPECT_EQ(Ccd::embedded()->codes(), codes_in("data/embedded_codes.txt"));
}

TEST(Ccd, EmbeddedHoldsWhatIsCommonInThePdb) {
  const std::vector<std::string> common = codes_in("tests/chem/common_codes.txt");
  EXPECT_EQ(common.size(), 367u);
  for (const std::string& code : common) EXPECT_NE(Ccd::embedded()->find(code), nullptr) << code;
  EXPECT_LT(fs::file_size(test::source_dir() / "data" / "ccd_subset.bin"), 5'000'000u);
}

TEST(Ccd, EmbeddedHasSmiles) {
  EXPECT_EQ(Ccd::embedded()->find("ACV")->smiles,
            "CC(C)[C@H](C(=O)O)NC(=O)[C@H](CS)NC(=O)CCC[C@@H](C(=O)O)N");
}

TEST(Ccd, EveryEmbeddedComponentDecodes) {
  const auto ccd = Ccd::embedded();
  for (const std::string& code : ccd->codes()) {
    const Component* component = ccd->find(code);
    ASSERT_NE(component, nullptr) << code;
    EXPECT_EQ(component->id, code);
    EXPECT_EQ(component, ccd->find(code)) << "decoded once";
  }
}

TEST(Ccd, EmbeddedEqualsItsSource) {
  const auto components =
      parse_components(read_text_file(test::kGolden / "components_subset.cif.zst"), "subset");
  ASSERT_EQ(components.size(), 356u);
  for (const Component& component : components) EXPECT_EQ(*Ccd::embedded()->find(component.id), component);
}

TEST(Ccd, GlycansAreSaccharides) {
  const auto ccd = Ccd::embedded();
  EXPECT_TRUE(ccd->is_glycan("NAG"));
  EXPECT_TRUE(ccd->is_glycan("BMA"));
  EXPECT_FALSE(ccd->is_glycan("ALA"));
  EXPECT_FALSE(ccd->is_glycan("HEM"));
  EXPECT_FALSE(ccd->is_glycan("no such code"));
}

TEST(Ccd, IsSafeFromManyThreads) {
  TemporaryFolder folder;
  write_file(folder.path / "a.cif", kUserComponent);
  Ccd::build(folder.path / "a.cif", folder.path / "a.ccd");
  const auto opened = Ccd::open(folder.path / "a.ccd");
  std::vector<std::vector<const Component*>> seen(8);
  std::vector<std::thread> threads;
  for (auto& mine : seen) {
    threads.emplace_back([&mine, &opened] {
      for (const std::string& code : Ccd::embedded()->codes()) mine.push_back(Ccd::embedded()->find(code));
      mine.push_back(opened->find("MINE"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : seen) EXPECT_EQ(mine, seen[0]);
}

TEST(OneLetter, ReadsTheTable) {
  EXPECT_EQ(one_letter("ALA", 'X'), 'A');
  EXPECT_EQ(one_letter("SEP", 'X'), 'S');
  EXPECT_EQ(one_letter("MSE", 'X'), 'M');
  EXPECT_EQ(one_letter("DT", 'N'), 'T');
  EXPECT_EQ(one_letter("00C", 'X'), 'C');
  EXPECT_EQ(one_letter("HEM", 'X'), 'X');
  EXPECT_EQ(one_letter("", 'N'), 'N');
}

TEST(Components, KeepTextsAndUnknowns) {
  const auto components = parse_components(kUserComponent, "here");
  ASSERT_EQ(components.size(), 1u);
  const Component& mine = components[0];
  EXPECT_EQ(mine.name, "a thing");
  EXPECT_EQ(mine.synonyms, "?");
  EXPECT_EQ(mine.modified_date, "?");
  EXPECT_EQ(mine.smiles, "");
  ASSERT_EQ(mine.atoms.size(), 2u);
  EXPECT_EQ(mine.atoms[0], (ComponentAtom{"C1", "C", "-1", std::array{0.f, 1.5f, -2.25f}, std::nullopt}));
  EXPECT_EQ(mine.atoms[1], (ComponentAtom{"O1'", "O", "?", std::nullopt, std::nullopt}));
  ASSERT_EQ(mine.bonds.size(), 1u);
  EXPECT_EQ(mine.bonds[0], (ComponentBond{"C1", "O1'", "TRIP", "N"}));
}

TEST(Components, MayLackAtomsAndColumns) {
  const auto components =
      parse_components("# none\ndata_E\n_chem_comp.id E\ndata_F\n_chem_comp.id F\n", "here");
  ASSERT_EQ(components.size(), 2u);
  EXPECT_TRUE(components[0].atoms.empty());
  EXPECT_TRUE(components[0].bonds.empty());
  EXPECT_EQ(components[1].id, "F");
  EXPECT_EQ(components[1].type, "?");
}

TEST(Components, TextFieldMayHoldABlockHeading) {
  const auto components = parse_components("data_E\n_chem_comp.name\n;two\ndata_ lines\n;\n", "here");
  ASSERT_EQ(components.size(), 1u);
  EXPECT_EQ(components[0].name, "two\ndata_ lines");
}

TEST(Components, SmilesPrefersOpenEyeThenCanonical) {
  const auto smiles = [](const std::string& rows) {
    const std::string head =
        "data_E\nloop_\n_pdbx_chem_comp_descriptor.type\n_pdbx_chem_comp_descriptor.program\n"
        "_pdbx_chem_comp_descriptor.descriptor\n";
    return parse_components(head + rows, "here")[0].smiles;
  };
  EXPECT_EQ(smiles("SMILES ACDLabs A\nSMILES CACTVS B\nInChI InChI I\n"), "A");
  EXPECT_EQ(smiles("SMILES ACDLabs A\nSMILES_CANONICAL CACTVS B\nSMILES_CANONICAL Other C\n"), "B");
  EXPECT_EQ(smiles("SMILES_CANONICAL CACTVS B\nSMILES_CANONICAL 'OpenEye OEToolkits' C\n"
                   "SMILES_CANONICAL 'OpenEye OEToolkits' D\n"),
            "D");
  EXPECT_EQ(smiles("InChI InChI I\n"), "");
}

TEST(Components, ErrorsNameTheBlock) {
  EXPECT_THAT(error_of([] { parse_components("", "here"); }), HasSubstr("here: the text holds no component"));
  EXPECT_THAT(error_of([] { parse_components("data_A\n_x 1\ndata_B\nloop_\n_a\n_b\n1 2 3\n", "here"); }),
              AllOf(HasSubstr("here: data_B"), HasSubstr("not CIF")));
  EXPECT_THAT(error_of([] { parse_components(replaced(kUserComponent, "1.500", "1.5x"), "here"); }),
              AllOf(HasSubstr("data_MINE"), HasSubstr("1.5x")));
  EXPECT_THAT(error_of([] { parse_components(replaced(kUserComponent, "1.500", "inf"), "here"); }),
              HasSubstr("'inf'"));
}

TEST(CompactFile, RoundTrips) {
  TemporaryFolder folder;
  const fs::path cif = folder.path / "in.cif.zst", file = folder.path / "out.ccd";
  const std::string other =
      "data_AAA\n_chem_comp.type 'D-saccharide, beta linking'\ndata_UNX\n"
      "_chem_comp.type saccharide\ndata_P\n_chem_comp.type polysaccharide\n";
  write_file(cif, zstd_compress(kUserComponent + other));
  Ccd::build(cif, file);
  const auto ccd = Ccd::open(file);
  EXPECT_THAT(ccd->codes(), ::testing::ElementsAre("AAA", "MINE", "P", "UNX"));
  EXPECT_EQ(*ccd->find("MINE"), parse_components(kUserComponent, "here")[0]);
  EXPECT_TRUE(ccd->is_glycan("AAA"));
  EXPECT_FALSE(ccd->is_glycan("UNX"));
  EXPECT_FALSE(ccd->is_glycan("P")) << "saccharide has to be a word of its own";
}

TEST(CompactFile, RejectsOtherFiles) {
  TemporaryFolder folder;
  const fs::path file = folder.path / "x.ccd";
  EXPECT_THAT(error_of([&] { Ccd::open(folder.path / "absent"); }), HasSubstr("absent"));
  write_file(file, "data_ALA\n");
  EXPECT_THAT(error_of([&] { Ccd::open(file); }), HasSubstr("not a compact component dictionary"));
  write_file(file, "");
  EXPECT_THAT(error_of([&] { Ccd::open(file); }), HasSubstr("not a compact component dictionary"));
}

// Every cut and every damaged byte of a small file gives an Error or a component, never a crash.
TEST(CompactFile, SurvivesDamage) {
  TemporaryFolder folder;
  const fs::path cif = folder.path / "in.cif", file = folder.path / "x.ccd";
  write_file(cif, kUserComponent);
  Ccd::build(cif, file);
  const std::string whole = read_file(file);
  for (size_t size = 0; size < whole.size(); size += 3) {
    write_file(file, whole.substr(0, size));
    EXPECT_THROW(Ccd::open(file), Error) << size;
  }
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0xff);
    write_file(file, damaged);
    error_of([&] {
      const auto ccd = Ccd::open(file);
      ccd->find("MINE");
      ccd->codes();
    });
  }
}

TEST(CompactFile, BuildLeavesNothingBehindOnError) {
  TemporaryFolder folder;
  write_file(folder.path / "in.cif", "data_A\nloop_\n");
  EXPECT_THROW(Ccd::build(folder.path / "in.cif", folder.path / "out.ccd"), Error);
  EXPECT_FALSE(fs::exists(folder.path / "out.ccd"));
}

// What is damaged in a component shows once that component is read, not before.
TEST(CompactFile, OpeningReadsNoComponent) {
  const TemporaryFolder folder;
  const auto component = [](const std::string& code) {
    return "data_" + code + "\n_chem_comp.type non-polymer\n_chem_comp.name 'NAME OF " + code + "'\n";
  };
  write_file(folder.path / "in.cif", component("AAA") + component("BBB") + component("CCC"));
  Ccd::build(folder.path / "in.cif", folder.path / "out.ccd");
  std::string bytes = read_file(folder.path / "out.ccd");
  const size_t name = bytes.find("NAME OF BBB");
  ASSERT_NE(name, std::string::npos);
  bytes[name - 1] = 0x7f;  // its length
  write_file(folder.path / "out.ccd", bytes);

  const auto ccd = Ccd::open(folder.path / "out.ccd");
  EXPECT_EQ(ccd->find("AAA")->name, "NAME OF AAA");
  EXPECT_EQ(ccd->find("CCC")->name, "NAME OF CCC");
  EXPECT_EQ(ccd->find("DDD"), nullptr);
  EXPECT_THROW(ccd->find("BBB"), Error);
}

TEST(UserCcd, ReplacesAndAdds) {
  const std::string text = kUserComponent + replaced(kUserComponent, "data_MINE", "data_NAG");
  const auto ccd = Ccd::with_user_ccd(Ccd::embedded(), text);
  EXPECT_EQ(ccd->find("MINE")->name, "a thing");
  EXPECT_EQ(ccd->find("NAG")->atoms.size(), 2u);
  EXPECT_TRUE(ccd->is_glycan("NAG")) << "glycans are those of the dictionary itself";
  EXPECT_FALSE(ccd->is_glycan("MINE"));
  EXPECT_EQ(ccd->find("ALA"), Ccd::embedded()->find("ALA"));
  const auto codes = ccd->codes();
  EXPECT_EQ(codes.size(), Ccd::embedded()->codes().size() + 1);
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
  EXPECT_EQ(Ccd::embedded()->find("MINE"), nullptr) << "another job does not see it";
}

TEST(UserCcd, NeedsItsColumns) {
  const auto error = [](const std::string& text) {
    return error_of([&] { Ccd::with_user_ccd(Ccd::embedded(), text); });
  };
  EXPECT_THAT(error(""), HasSubstr("data_"));
  EXPECT_THAT(error("# a comment\n" + std::string(kUserComponent)), HasSubstr("data_"));
  for (const char* column :
       {"id", "name", "type", "formula", "mon_nstd_parent_comp_id", "pdbx_synonyms", "formula_weight"}) {
    const std::string tag = std::string("_chem_comp.") + column;
    EXPECT_THAT(error(without_line(kUserComponent, tag + " ")),
                AllOf(HasSubstr("data_MINE"), HasSubstr(tag)));
  }
  for (const char* tag :
       {"_chem_comp_atom.comp_id", "_chem_comp_atom.charge", "_chem_comp_atom.pdbx_model_Cartn_y_ideal",
        "_chem_comp_bond.value_order", "_chem_comp_bond.pdbx_aromatic_flag"}) {
    EXPECT_THAT(error(replaced(kUserComponent, tag, "_chem_comp_atom.other")), HasSubstr(tag));
  }
  EXPECT_THAT(error(replaced(kUserComponent, "MINE C1 \"O1'\"", "MINE C1 O9")), HasSubstr("O9"));
  EXPECT_THAT(error(replaced(kUserComponent, "\"O1'\"", "C1")), HasSubstr("C1 occurs twice"));
}

// One atom needs no bond: the columns may have no rows, or one of unknowns.
TEST(UserCcd, AnEmptyColumnIsNoMissingOne) {
  const std::string ion(kUserComponent, 0, std::string(kUserComponent).find("loop_"));
  const std::string atom =
      "loop_\n_chem_comp_atom.comp_id\n_chem_comp_atom.atom_id\n_chem_comp_atom.type_symbol\n"
      "_chem_comp_atom.charge\n_chem_comp_atom.pdbx_model_Cartn_x_ideal\n"
      "_chem_comp_atom.pdbx_model_Cartn_y_ideal\n_chem_comp_atom.pdbx_model_Cartn_z_ideal\n"
      "MINE FE FE 3 0 0 0\n";
  const std::string bonds =
      "loop_\n_chem_comp_bond.atom_id_1\n_chem_comp_bond.atom_id_2\n_chem_comp_bond.value_order\n"
      "_chem_comp_bond.pdbx_aromatic_flag\n";
  for (const char* rows : {"", "? ? ? ?\n", ". . . .\n"}) {
    const auto ccd = Ccd::with_user_ccd(Ccd::embedded(), ion + atom + bonds + rows);
    EXPECT_EQ(ccd->find("MINE")->atoms.size(), 1u) << rows;
  }
}

TEST(UserCcd, AByteOrderMarkIsNoText) {
  EXPECT_TRUE(
      Ccd::with_user_ccd(Ccd::embedded(), "\xEF\xBB\xBF" + std::string(kUserComponent))->find("MINE"));
}

// Random changes of valid CIF: a result or an Error, nothing else.
TEST(UserCcd, SurvivesRandomChanges) {
  std::mt19937 random(1);
  const std::string characters = "\n '\";_#$?.dlA1\t\r\0\xff";
  for (int round = 0; round < 3000; ++round) {
    std::string text = kUserComponent;
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = characters[random() % characters.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 30));
      }
      if (text.empty()) text = "d";
    }
    error_of([&] { Ccd::with_user_ccd(Ccd::embedded(), text); });
  }
}

}  // namespace
}  // namespace pleat::chem
