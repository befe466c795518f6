#include "base/error.h"

#include <gtest/gtest.h>

namespace pleat {
namespace {

TEST(Error, SaysWhereWhatAndFixInOneLine) {
  const Error error("input.json", "'seeds' is missing", "Add modelSeeds.");
  EXPECT_STREQ(error.what(), "input.json: 'seeds' is missing. Add modelSeeds.");
  EXPECT_EQ(error.where(), "input.json");
  EXPECT_EQ(error.what_is_wrong(), "'seeds' is missing");
  EXPECT_EQ(error.fix(), "Add modelSeeds.");
}

TEST(Error, LeavesOutWhatIsEmpty) {
  EXPECT_STREQ(Error("", "it is cut short").what(), "it is cut short");
  EXPECT_STREQ(Error("a", "it ends with a full stop.", "So fix it.").what(),
               "a: it ends with a full stop. So fix it.");
}

TEST(Error, WithinALargerPlace) {
  EXPECT_EQ(Error("line 3", "bad", "fix").within("file.cif").where(), "file.cif: line 3");
  EXPECT_EQ(Error("", "bad").within("file.cif").where(), "file.cif");
  EXPECT_EQ(Error("line 3", "bad", "fix").within("file.cif").fix(), "fix");
}

TEST(ErrorDeathTest, BrokenInvariantsAbort) {
  PLEAT_ASSERT(1 + 1 == 2);
  EXPECT_DEATH(PLEAT_ASSERT(1 + 1 == 3), "broken invariant at .*error_test.cc:[0-9]+: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace pleat
