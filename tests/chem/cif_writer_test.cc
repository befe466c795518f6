// Layout and quoting rules, and that a reader gets back what was written.
#include "chem/cif_writer.h"

#include <gtest/gtest.h>

#include <gemmi/cif.hpp>

namespace pleat::chem {
namespace {

TEST(CifValue, FollowsTheRules) {
  EXPECT_EQ(cif_value("ALA"), "ALA");
  EXPECT_EQ(cif_value("-1.5"), "-1.5");
  EXPECT_EQ(cif_value("?"), "?");
  EXPECT_EQ(cif_value("10.1038/s41586-024-07487-w"), "10.1038/s41586-024-07487-w");
  EXPECT_EQ(cif_value("1_555"), "1_555");
  EXPECT_EQ(cif_value(""), "\"\"");
  EXPECT_EQ(cif_value("two words"), "\"two words\"");
  EXPECT_EQ(cif_value("a\tb"), "\"a\tb\"");
  EXPECT_EQ(cif_value("O5'"), "\"O5'\"");
  EXPECT_EQ(cif_value("5\" end"), "'5\" end'");
  for (const std::string start : {"_", "#", "$", "[", "]", ";"})
    EXPECT_EQ(cif_value(start + "x"), '"' + start + "x\"");
  for (const std::string word : {"data_", "DATA_x", "Loop_", "save_1", "stop_", "global_"})
    EXPECT_EQ(cif_value(word), '"' + word + '"');
  EXPECT_EQ(cif_value("database"), "database");
}

TEST(NeedsTextField, ForLineBreaksAndBothQuotes) {
  EXPECT_TRUE(needs_text_field("a\nb"));
  EXPECT_TRUE(needs_text_field("'\""));
  EXPECT_FALSE(needs_text_field("'"));
  EXPECT_FALSE(needs_text_field(""));
}

TEST(CifText, LaysOutPairsAndLoops) {
  CifCategory entry("_entry", {"id"});
  entry.add({"x"});
  CifCategory pair("_b", {"long_key", "key"});
  pair.add({"1", "two words"});
  CifCategory loop("_a", {"z", "name"});
  loop.add({"1", "N"});
  loop.add({"10", "O5'"});
  const CifCategory empty("_c", {"id"});
  CifCategory atoms("_atom_site", {"id", "group_PDB"});
  atoms.add({"1", "ATOM"});
  EXPECT_EQ(cif_text("x", {atoms, pair, loop, empty, entry}),
            "data_x\n#\n"
            "_entry.id x\n#\n"
            "loop_\n_a.name\n_a.z\nN     1  \n\"O5'\" 10 \n#\n"
            "_b.key      \"two words\"\n_b.long_key 1\n#\n"
            "loop_\n_atom_site.id\n_atom_site.group_PDB\n1 ATOM \n#\n");
}

TEST(CifText, TextFieldsStandOnTheirOwnLines) {
  CifCategory loop("_a", {"a", "b", "c"});
  loop.add({"1\n2", "x", "y"});
  loop.add({"x", "1\n2", "y"});
  loop.add({"x", "y", "1\n2"});
  CifCategory pair("_b", {"a"});
  pair.add({"'\""});
  EXPECT_EQ(cif_text("x", {loop, pair}),
            "data_x\n#\n"
            "loop_\n_a.a\n_a.b\n_a.c\n"
            ";1\n2\n;\nx y \n"
            "x \n;1\n2\n;\ny \n"
            "x y \n;1\n2\n;\n#\n"
            "_b.a \n;'\"\n;\n#\n");
}

TEST(CifText, ReadersGetTheValuesBack) {
  const std::vector<std::string> values = {"plain", "two words", "",   "O5'",        "5\"", "'\"", "loop_",
                                           "_x",    ";x",        "#x", "line\nline", "$",   "[a]", "data_1"};
  CifCategory loop("_v", {"a", "b"});
  for (size_t i = 0; i < values.size(); ++i) loop.add({values[i], values[values.size() - 1 - i]});
  gemmi::cif::Document document = gemmi::cif::read_string(cif_text("x", {loop}));
  auto table = document.sole_block().find("_v.", {"a", "b"});
  ASSERT_EQ(table.length(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(gemmi::cif::as_string(table[static_cast<int>(i)][0]), values[i]);
    EXPECT_EQ(gemmi::cif::as_string(table[static_cast<int>(i)][1]), values[values.size() - 1 - i]);
  }
}

}  // namespace
}  // namespace pleat::chem
