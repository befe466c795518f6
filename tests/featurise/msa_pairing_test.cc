#include "featurise/msa_pairing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pleat::featurise {
namespace {

using testing::ElementsAre;
using Rows = std::vector<std::vector<int>>;

TEST(PairRows, QueriesComeFirstAndSpeciesPairByRank) {
  // Ranks: HUMAN 1 * 3 = 3, YEAST 2 * 1 = 2.
  EXPECT_EQ(pair_rows({{"", "HUMAN", "YEAST"}, {"", "YEAST", "MOUSE", "HUMAN"}}, 600, 8192),
            (Rows{{0, 0}, {2, 1}, {1, 3}}));
}

TEST(PairRows, TheChainWithFewestHitsDecides) {
  EXPECT_EQ(pair_rows({{"", "HUMAN", "HUMAN", "HUMAN"}, {"", "HUMAN", "HUMAN"}}, 600, 8192),
            (Rows{{0, 0}, {1, 1}, {2, 2}}));
  EXPECT_EQ(pair_rows({{"", "HUMAN", "HUMAN", "HUMAN"}, {"", "HUMAN", "HUMAN"}}, 1, 8192),
            (Rows{{0, 0}, {1, 1}}));
}

TEST(PairRows, SpeciesOfMoreChainsComeFirst) {
  EXPECT_EQ(pair_rows({{"", "TWO", "ALL"}, {"", "TWO", "ALL"}, {"", "ALL"}}, 600, 8192),
            (Rows{{0, 0, 0}, {2, 2, 1}, {1, 1, -1}}));
}

TEST(PairRows, ChainsWithoutSpeciesAreLeftOut) {
  EXPECT_EQ(pair_rows({{""}, {"", "HUMAN"}, {"", "HUMAN"}}, 600, 8192), (Rows{{0, 0, 0}, {-1, 1, 1}}));
  EXPECT_EQ(pair_rows({{""}, {""}}, 600, 8192), (Rows{{0, 0}}));
}

TEST(PairRows, AreCutToTheLargestNumber) {
  std::vector<std::string> species{""};
  for (int i = 0; i < 700; ++i) species.push_back("HUMAN");
  EXPECT_EQ(pair_rows({species, species}, 600, 8192).size(), 601u);
  EXPECT_EQ(pair_rows({species, species}, 600, 100).size(), 100u);
}

TEST(PairRows, EnoughRowsOfManyChainsEndTheSearch) {
  // The block of three chains reaches the limit, so that of two is not looked at.
  const auto rows = pair_rows({{"", "A", "A", "B"}, {"", "A", "A", "B"}, {"", "A", "A"}}, 600, 2);
  EXPECT_EQ(rows, (Rows{{0, 0, 0}, {1, 1, 1}}));
}

}  // namespace
}  // namespace pleat::featurise
