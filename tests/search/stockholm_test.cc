// Stockholm and A3M: each rule on a small alignment.
#include "search/stockholm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "input/fasta.h"
#include "tests/search/support.h"
#include "tests/temporary_folder.h"

namespace pleat::search {
namespace {

using ::testing::HasSubstr;

class StockholmToA3m : public ::testing::Test {
 protected:
  std::string converted(const std::string& text, int max_sequences = 0,
                        FirstRow first_row = FirstRow::query) {
    write_file(folder_ / "x.sto", text);
    return stockholm_to_a3m(folder_ / "x.sto", max_sequences, first_row);
  }
  test::TemporaryFolder folder_;
};

const std::string kTwoBlocks =
    "# STOCKHOLM 1.0\n#=GF ID query-i1\n\n"
    "#=GS hit/1-5 DE [subseq from] A protein, of two  words\n"
    "#=GS other/2-3 AC X\n"
    "#=GS other/2-3 DE\n\n"
    "query      AC--D\n"
    "hit/1-5    A-GHD\n#=GR hit/1-5 PP 9.999\n"
    "other/2-3  ACG--\n#=GC RF xx..x\n\n"
    "query      E-\n"
    "hit/1-5    .K\n"
    "other/2-3  EK\n//\n";

TEST_F(StockholmToA3m, JoinsBlocksAndLowersInsertions) {
  EXPECT_EQ(converted(kTwoBlocks),
            ">query \nACDE\n"
            ">hit/1-5 [subseq from] A protein, of two  words\nA-ghDk\n"
            ">other/2-3 \nACg-Ek\n");
}

TEST_F(StockholmToA3m, KeepsTheFirstSequencesOnly) {
  EXPECT_EQ(converted(kTwoBlocks, 2),
            ">query \nACDE\n>hit/1-5 [subseq from] A protein, of two  words\nA-ghDk\n");
  EXPECT_EQ(converted(kTwoBlocks, 3), converted(kTwoBlocks));
}

TEST_F(StockholmToA3m, KeepsAllColumnsWithoutAQuery) {
  EXPECT_EQ(converted("# STOCKHOLM 1.0\na/1-2 -.cD\nb/1-2 K-cD\n//\n", 0, FirstRow::like_rest),
            ">a/1-2 \n-cD\n>b/1-2 \nK-cD\n");
}

TEST_F(StockholmToA3m, JoinsRowsOfOneName) {
  EXPECT_EQ(converted("q AC\nh DE\nq FG\nh HI\n"), ">q \nACFG\n>h \nDEHI\n");
}

TEST_F(StockholmToA3m, ReadsWindowsLinesAndTabs) {
  EXPECT_EQ(converted("#=GS q DE  two words \r\nq\tAC\r\n//\r\n"), ">q two words\nAC\n");
}

TEST_F(StockholmToA3m, IsEmptyWithoutRows) {
  EXPECT_EQ(converted(""), "");
  EXPECT_EQ(converted("# STOCKHOLM 1.0\n#=GF ID x\n//\n"), "");
}

TEST_F(StockholmToA3m, RefusesWhatIsNoAlignment) {
  EXPECT_THAT(error_of([&] { converted("q ACD\nh AC\n"); }), HasSubstr("2 columns, the first has 3"));
  EXPECT_THAT(error_of([&] { converted("alone\n"); }), HasSubstr("'alone' has no row"));
  EXPECT_THAT(error_of([] { stockholm_to_a3m("/no/such.sto", 0, FirstRow::query); }),
              HasSubstr("/no/such.sto"));
}

std::string written(const std::string& a3m) {
  std::ostringstream out;
  write_stockholm(a3m, out);
  return out.str();
}

TEST(WriteStockholm, GivesInsertionsColumnsOfTheirOwn) {
  EXPECT_EQ(written(">query\nCD\n>b\tx  y \nabCD\n>long_name\nCgDa\n>d\n-D\n"),
            "# STOCKHOLM 1.0\n\n"
            "#=GS query_0 DE <EMPTY>\n#=GS b_1 DE x  y\n#=GS long_name_2 DE <EMPTY>\n#=GS d_3 DE <EMPTY>\n\n"
            "query_0     --C-D-\n"
            "b_1         ABC-D-\n"
            "long_name_2 --CGDA\n"
            "d_3         ----D-\n"
            "#=GC RF     ..x.x.\n//\n");
}

TEST(WriteStockholm, RefusesRowsOfDifferentLength) {
  EXPECT_THAT(error_of([] { written(">q\nACD\n>short\nAC\n"); }),
              HasSubstr("'short' has 2 columns, the query has 3"));
  EXPECT_THAT(error_of([] { written(">q\nACD\n>long\nACDE\n"); }), HasSubstr("'long' has 4 columns"));
  EXPECT_THAT(error_of([] { written(""); }), HasSubstr("no rows"));
}

TEST(Fasta, ReadsRecordByRecord) {
  input::FastaReader reader("ignored\n> a b \nAC\n\n DE \n>empty\n>last\nF");
  auto record = reader.next();
  EXPECT_EQ(record->header, " a b");
  EXPECT_EQ(record->sequence, "ACDE");
  record = reader.next();
  EXPECT_EQ(record->header, "empty");
  EXPECT_EQ(record->sequence, "");
  EXPECT_EQ(reader.next()->sequence, "F");
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(input::FastaReader("").next());
}

}  // namespace
}  // namespace pleat::search
