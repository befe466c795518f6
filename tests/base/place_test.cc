// Places, and the errors placed at them.
#include "base/place.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pleat {
namespace {

TEST(Place, FollowsTheJson) {
  const Place root = Place::json("a: b.json");
  EXPECT_EQ(root.text(), "a: b.json: $");
  const Place value = root.item(2).key("sequences").item(0).key("protein");
  EXPECT_EQ(value.text(), "a: b.json: $[2].sequences[0].protein");
  EXPECT_EQ(value.path(), "$[2].sequences[0].protein");
}

TEST(Place, WithoutJsonIsOnePlace) {
  const Place record("a.fasta: record 2 (x)");
  EXPECT_EQ(record.key("sequence").item(1), record);
  EXPECT_EQ(record.text(), "a.fasta: record 2 (x)");
  EXPECT_EQ(record.path(), "");
}

TEST(Place, HoldsItsPartsAlone) {
  const Place msa = Place::json("f").key("unpairedMsa");
  EXPECT_TRUE(msa.holds("f: $.unpairedMsa"));
  EXPECT_TRUE(msa.holds("f: $.unpairedMsa: row 2"));
  EXPECT_TRUE(msa.holds("f: $.unpairedMsa[3]"));
  EXPECT_TRUE(msa.holds("f: $.unpairedMsa.x"));
  EXPECT_FALSE(msa.holds("f: $.unpairedMsaPath"));
  EXPECT_FALSE(msa.holds("f: $"));
}

TEST(Place, ErrorsAreMovedInto) {
  const Place job = Place::json("f").item(1);
  EXPECT_STREQ(Error("$.modelSeeds[0]", "found -1").within(job).what(), "f: $[1].modelSeeds[0]: found -1");
  EXPECT_STREQ(Error("chain A", "no residue").within(job).what(), "f: $[1]: chain A: no residue");
  EXPECT_STREQ(Error("", "no name").within(job).what(), "f: $[1]: no name");
  EXPECT_STREQ(Error("$.x", "no").within(Place("f.fasta")).what(), "f.fasta: $.x: no");
}

TEST(Findings, RaiseTheFirstProblem) {
  Findings found;
  found.warnings.emplace_back("", "odd");
  EXPECT_NO_THROW(found.raise());
  found.problems.emplace_back("", "first");
  found.problems.emplace_back("", "second");
  try {
    found.raise();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "first");
  }
}

}  // namespace
}  // namespace pleat
