// Templates: headers, maps to structures, and the accepting and refusing side of every filter.
#include "search/template_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/log.h"
#include "search/template_hit.h"
#include "tests/search/support.h"

namespace pleat::search {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const std::string kRow = "ACDEFGHIKL";  // residues of a hit

TEST(TemplateHitHeader, ReadsEveryForm) {
  TemplateHit hit = parse_template_hit("4pqx_A/2-11 [subseq from] mol:protein length:217  Free text", kRow);
  EXPECT_EQ(hit.pdb_id, "4pqx");
  EXPECT_EQ(hit.author_chain, "A");
  EXPECT_EQ(hit.begin, 1);
  EXPECT_EQ(hit.end, 11);
  EXPECT_EQ(hit.full_length, 217);
  hit = parse_template_hit("pdb00001abc_A_2/1-10 mol:protein length:10", kRow);
  EXPECT_EQ(hit.pdb_id, "pdb00001abc");
  EXPECT_EQ(hit.author_chain, "A_2");
  EXPECT_EQ(parse_template_hit("1abc_A/1-10  length:12", kRow).full_length, 12);
}

TEST(TemplateHitHeader, TakesTheLastWholeLength) {
  EXPECT_EQ(
      parse_template_hit("1abc_A/1-10 [subseq from] mol:protein length:12 a length:13 b length:14c", kRow)
          .full_length,
      13);
}

TEST(TemplateHitHeader, CountsRowsWithoutGapsAndWithInsertions) {
  const TemplateHit hit = parse_template_hit("1abc_A/3-6 x length:9", "A--cD-e");
  EXPECT_EQ(hit.residues(), "ACDE");
}

TEST(TemplateHitHeader, RefusesOtherForms) {
  for (const char* header : {"1ABC_A/1-10 x length:10", "1ab_A/1-10 x length:10", "1abc/1-10 x length:10",
                             "1abc_/1-10 x length:10", "1abc_A/1-x length:10", "1abc_A/1-10 x",
                             "1abc_A/1-10 length:10", "001|1abc_A/1-10 x length:10"}) {
    EXPECT_THAT(error_of([&] { parse_template_hit(header, kRow); }), HasSubstr(header));
  }
  EXPECT_THAT(error_of([] { parse_template_hit("1abc_A/1-9 x length:10", kRow); }), HasSubstr("10 residues"));
  EXPECT_THAT(error_of([] { parse_template_hit("1abc_A/0-9 x length:10", kRow); }), HasSubstr("range"));
}

TemplateHit hit_at(int from, const std::string& row, int full_length) {
  TemplateHit hit{"1abc", "A", from - 1, 0, full_length, row};
  hit.end = hit.begin + static_cast<int>(hit.residues().size());
  return hit;
}

TEST(MapToStructure, WalksGapsAndInsertions) {
  EXPECT_THAT(*map_to_structure(hit_at(3, "-AcD-E", 8), "XXACDEXX"),
              ElementsAre(Pair(1, 2), Pair(2, 4), Pair(4, 5)));
}

TEST(MapToStructure, KeepsPlacesWhereOnlyLettersDiffer) {
  // Equal lengths: the structure names a modified residue otherwise.
  EXPECT_THAT(*map_to_structure(hit_at(1, "ACD", 3), "AXD"), ElementsAre(Pair(0, 0), Pair(1, 1), Pair(2, 2)));
}

TEST(MapToStructure, KeepsPlacesWhereThePieceFitsThoughLengthsDiffer) {
  EXPECT_THAT(*map_to_structure(hit_at(1, "ACD", 9), "ACDEF"),
              ElementsAre(Pair(0, 0), Pair(1, 1), Pair(2, 2)));
}

TEST(MapToStructure, RealignsAroundResiduesThatTheStructureLacks) {
  // The reference's example: the query ABCDEFGHIJKL, the hit DEFGHIJK at 1, the structure without I and J.
  EXPECT_THAT(*map_to_structure(hit_at(2, "---DEFGHIJK-", 11), "XDEFGHKL"),
              ElementsAre(Pair(3, 1), Pair(4, 2), Pair(5, 3), Pair(6, 4), Pair(7, 5), Pair(10, 6)));
}

TEST(MapToStructure, RealignsEarlierWhenTheStructureLacksItsBeginning) {
  // Of 10 residues the structure lacks the first three: the hit at 5 stands at 2.
  EXPECT_THAT(*map_to_structure(hit_at(5, "EFGHIK", 10), "DEFGHIK"),
              ElementsAre(Pair(0, 1), Pair(1, 2), Pair(2, 3), Pair(3, 4), Pair(4, 5), Pair(5, 6)));
}

TEST(MapToStructure, KeepsAMismatchThatNoSkipMends) {
  EXPECT_THAT(*map_to_structure(hit_at(1, "ACDE", 5), "AWDE"),
              ElementsAre(Pair(0, 0), Pair(1, 1), Pair(2, 2), Pair(3, 3)));
}

TEST(MapToStructure, GivesUpOnALongerStructure) {
  EXPECT_EQ(map_to_structure(hit_at(1, "ACDE", 4), "WACDE"), std::nullopt);
}

// An entry of one chain A whose residues have a CA each, apart from those in lower case.
std::string entry(const std::string& sequence, const std::string& date = "2010-01-01") {
  const std::map<char, std::string> names = {{'A', "ALA"}, {'C', "CYS"}, {'D', "ASP"}, {'E', "GLU"},
                                             {'F', "PHE"}, {'G', "GLY"}, {'H', "HIS"}, {'I', "ILE"},
                                             {'K', "LYS"}, {'L', "LEU"}, {'M', "MET"}, {'N', "ASN"}};
  std::string scheme, atoms;
  for (size_t i = 0; i < sequence.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const std::string& name = names.at(static_cast<char>(std::toupper(sequence[i])));
    scheme += "A " + number + " " + name + " " + number + " . A\n";
    if (std::isupper(sequence[i]))
      atoms += "ATOM C CA " + name + " A 1 " + number + " " + number + " 0 0 0 A\n";
  }
  return "data_X\n_entry.id X\n_pdbx_audit_revision_history.revision_date " + date +
         "\n_struct_asym.id A\n_struct_asym.entity_id 1\n_entity.id 1\n_entity.type polymer\n"
         "_entity_poly.entity_id 1\n_entity_poly.type polypeptide(L)\n"
         "loop_\n_pdbx_poly_seq_scheme.asym_id\n_pdbx_poly_seq_scheme.seq_id\n_pdbx_poly_seq_scheme.mon_id\n"
         "_pdbx_poly_seq_scheme.pdb_seq_num\n_pdbx_poly_seq_scheme.pdb_ins_code\n"
         "_pdbx_poly_seq_scheme.pdb_strand_id\n" +
         scheme +
         "loop_\n_atom_site.group_PDB\n_atom_site.type_symbol\n_atom_site.label_atom_id\n"
         "_atom_site.label_comp_id\n_atom_site.label_asym_id\n_atom_site.label_entity_id\n"
         "_atom_site.label_seq_id\n_atom_site.auth_seq_id\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n"
         "_atom_site.Cartn_z\n_atom_site.auth_asym_id\n" +
         atoms;
}

class MapStore : public PdbStore {
 public:
  std::map<std::string, std::string> entries;
  std::optional<std::string> entry(const std::string& id) const override {
    const auto found = entries.find(id);
    return found == entries.end() ? std::nullopt : std::optional(found->second);
  }
  size_t count() const override { return entries.size(); }
};

class FindTemplates : public ::testing::Test {
 protected:
  // Adds a hit whose whole sequence is the residues of `row`; lower case in `structure` is unresolved.
  void add(const std::string& id, const std::string& row, const std::string& structure = "",
           const std::string& date = "2010-01-01", const std::string& chain = "A") {
    const std::string residues = hit_at(1, row, 0).residues();
    const std::string length = std::to_string(residues.size());
    store_.entries[id] = entry(structure.empty() ? residues : structure, date);
    hits_ += ">" + id + "_" + chain + "/1-" + length + " [subseq from] mol:protein length:" + length + "\n" +
             row + "\n";
  }
  std::vector<input::Template> found() const { return find_templates(query_, hits_, store_, rules_); }
  size_t count() const { return found().size(); }

  std::string query_ = "ACDEFGHIKLMN";
  std::string hits_;
  MapStore store_;
  TemplateRules rules_;
};

TEST_F(FindTemplates, GivesChainAndMap) {
  add("1abc", "-CDEFaGHIKLM-");
  const auto templates = found();
  ASSERT_EQ(templates.size(), 1u);
  EXPECT_THAT(templates[0].query_indices, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(templates[0].template_indices, ElementsAre(0, 1, 2, 3, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(templates[0].mmcif, HasSubstr("data_X\n#\n_entry.id X\n#\n"));
}

TEST_F(FindTemplates, NoHitsNoTemplates) { EXPECT_EQ(count(), 0u); }

TEST_F(FindTemplates, LeavesOutLaterEntries) {
  add("1abc", "-CDEFGHIKLM-", "", "2021-09-30");
  EXPECT_EQ(count(), 1u);
  hits_.clear();
  add("1abc", "-CDEFGHIKLM-", "", "2021-10-01");
  EXPECT_EQ(count(), 0u);
}

TEST_F(FindTemplates, LeavesOutTheQueryItself) {
  add("1abc", "ACDEFGHIKLMN");
  EXPECT_EQ(count(), 0u);
  hits_.clear();
  add("1abc", "ACDEFGHIKLMM");  // as long, but another sequence
  EXPECT_EQ(count(), 1u);
}

TEST_F(FindTemplates, KeepsAPieceOfTheQueryShortEnough) {
  add("1abc", "ACDEFGHIKLM-");  // 11 of 12 are less than 0.95
  EXPECT_EQ(count(), 1u);
  rules_.max_subsequence_ratio = 0.9;
  EXPECT_EQ(count(), 0u);
}

TEST_F(FindTemplates, LeavesOutShortHits) {
  add("1abc", "-CDEFGHIKLM-");  // 10
  EXPECT_EQ(count(), 1u);
  hits_.clear();
  add("1abc", "--DEFGHIKLM-");  // 9
  EXPECT_EQ(count(), 0u);
}

TEST_F(FindTemplates, LeavesOutHitsWithoutAtoms) {
  add("1abc", "-CDEFGHIKLM-", "Cdefghiklm");
  EXPECT_EQ(count(), 1u);
  hits_.clear();
  add("1abc", "-CDEFGHIKLMn", "cdefghiklmN");  // the one residue with atoms is not aligned
  EXPECT_EQ(count(), 0u);
}

TEST_F(FindTemplates, LeavesOutHitsThatAlignTooLittle) {
  query_ = "ACDEFGHIKLMNACDEFGHI";
  add("1abc", "ACDaaaaaaaaa-----------------");
  EXPECT_EQ(count(), 1u);
  hits_.clear();
  add("1abc", "ACaaaaaaaaaa------------------");  // 2 of 20 are not more than 0.1
  EXPECT_EQ(count(), 0u);
}

TEST_F(FindTemplates, LeavesOutWhatAlignsAsOneBefore) {
  add("1abc", "-CDEFGHIKLM-");
  add("2abc", "-CDEFGHIKLM-", "cdEFGHIKLM");  // the same letters at the same places
  add("3abc", "-CDEFGHIKLMM");
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(found()[1].query_indices.back(), 11);
}

TEST_F(FindTemplates, StopsAtFour) {
  for (const char* row : {"ACDEFGHIKL--", "-CDEFGHIKLM-", "--DEFGHIKLMN", "--DEFGHIKLMA"}) {
    static int number = 0;
    add(std::to_string(++number) + "abc", row);
  }
  EXPECT_EQ(count(), 4u);
  hits_ += ">not a header\nACD\n";  // not read any more
  EXPECT_EQ(count(), 4u);
  rules_.max_templates = 2;
  EXPECT_EQ(count(), 2u);
}

TEST_F(FindTemplates, PassesOverMissingEntriesAndChains) {
  std::string messages;
  set_log_sink([&](LogLevel, const std::string& message) { messages += message + "\n"; });
  add("1abc", "-CDEFGHIKLM-");
  add("2abc", "-CDEFGHIKLM-", "", "2010-01-01", "B");  // the entry has chain A only
  add("3abc", "-CDEFGHIKLMN", "ACDEFGHIKLMNA");        // longer than its searched sequence
  store_.entries.erase("1abc");
  EXPECT_EQ(count(), 0u);
  set_log_sink(nullptr);
  EXPECT_THAT(messages, HasSubstr("lack 1 of the template search's entries (1abc)"));
  EXPECT_THAT(messages, HasSubstr("2abc_B: the entry does not match"));
  EXPECT_THAT(messages, HasSubstr("3abc_A: the entry does not match"));
}

TEST_F(FindTemplates, NamesAnEntryItCannotRead) {
  add("1abc", "-CDEFGHIKLM-");
  store_.entries["1abc"] = "no CIF";
  EXPECT_THAT(error_of([&] { found(); }), HasSubstr("PDB entry 1abc"));
  store_.entries["1abc"] = "data_X\n_entry.id X\n";
  EXPECT_THAT(error_of([&] { found(); }), HasSubstr("no release date"));
}

}  // namespace
}  // namespace pleat::search
