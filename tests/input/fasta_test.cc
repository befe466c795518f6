// FASTA and A3M text, a record at a time.
#include "input/fasta.h"

#include <gtest/gtest.h>

#include <vector>

namespace pleat::input {
namespace {

std::vector<FastaRecord> records_of(std::string_view text) {
  std::vector<FastaRecord> records;
  FastaReader reader(text);
  while (auto record = reader.next()) records.push_back(std::move(*record));
  return records;
}

TEST(FastaReader, RecordsAreStrippedAndJoined) {
  const auto records = records_of("ignored\n>one two \r\nAC\r\n  DE\n\n>\n>last");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].header, "one two");
  EXPECT_EQ(records[0].sequence, "ACDE");
  EXPECT_EQ(records[1].header, "");
  EXPECT_EQ(records[1].sequence, "");
  EXPECT_EQ(records[2].header, "last");
  EXPECT_TRUE(records_of("").empty());
  EXPECT_TRUE(records_of("no header\n").empty());
}

TEST(FastaName, EndsAtTheFirstSpace) {
  EXPECT_EQ(fasta_name("sp|P0CG48|UBC Polyubiquitin"), "sp|P0CG48|UBC");
  EXPECT_EQ(fasta_name("name"), "name");
}

}  // namespace
}  // namespace pleat::input
