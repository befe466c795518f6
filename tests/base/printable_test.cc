#include "base/printable.h"

#include <gtest/gtest.h>

namespace pleat {
namespace {

TEST(Printable, LeavesPlainTextAlone) {
  EXPECT_EQ(printable("a b\\n \xc3\xa9 \xc2\xa0 \xe2\x82\xac"), "a b\\n \xc3\xa9 \xc2\xa0 \xe2\x82\xac");
}

TEST(Printable, EscapesWhatMovesTheCursor) {
  EXPECT_EQ(printable("good\n  no problems"), "good   no problems");
  EXPECT_EQ(printable("\x1b[31m\r\x7f\xc2\x9b"), "\\u001b[31m\\u000d\\u007f\\u009b");
  EXPECT_EQ(printable(std::string("a\0b\xc2", 4)), "a\\u0000b\xc2");
}

TEST(Shortened, KeepsCharactersWhole) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc...");
  EXPECT_EQ(shortened("ab\xe2\x82\xac", 4), "ab...");
}

}  // namespace
}  // namespace pleat
